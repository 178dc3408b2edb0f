import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import { checkpointStoreContract } from "../contracts/CheckpointStoreContract.ts"

checkpointStoreContract("memory", MemoryCheckpointStore.layer)
