import Testing
import Torch

/// What launchers say about where a process belongs.
struct ProcessPlaceTests {
  @Test(arguments: [
    ["RANK": "3", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "MASTER_ADDR": "node0", "MASTER_PORT": "4000"],
    [
      "SLURM_PROCID": "3", "SLURM_STEP_NUM_TASKS": "8", "SLURM_LOCALID": "1", "MASTER_ADDR": "node0",
      "MASTER_PORT": "4000",
    ],
    [
      "OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_LOCAL_RANK": "1",
      "MASTER_ADDR": "node0", "MASTER_PORT": "4000",
    ],
    [
      "PMI_RANK": "3", "PMI_SIZE": "8", "MPI_LOCALRANKID": "1", "MASTER_ADDR": "node0", "MASTER_PORT": "4000",
    ],
  ])
  func launchersAreUnderstood(_ environment: [String: String]) throws {
    let place = try #require(try ProcessPlace(environment: environment))
    #expect(place.rank == 3 && place.size == 8 && place.localRank == 1)
    #expect(place.host == "node0" && place.port == 4000 && place.servesStore && place.restart == 0)
  }

  @Test func torchrunServesTheStoreAndCountsRestarts() throws {
    let place = try #require(
      try ProcessPlace(environment: [
        "RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "here", "TORCHELASTIC_USE_AGENT_STORE": "True",
        "TORCHELASTIC_RESTART_COUNT": "2",
      ]))
    #expect(!place.servesStore && place.restart == 2 && place.port == 29500 && place.localRank == 0)
  }

  /// The batch script of a Slurm job is one process, however many tasks the job has.
  @Test(arguments: [
    [:], ["RANK": "0"], ["RANK": "0", "WORLD_SIZE": "1"], ["SLURM_PROCID": "0", "SLURM_NTASKS": "4"],
  ])
  func aProcessMayBeAlone(_ environment: [String: String]) throws {
    #expect(try ProcessPlace(environment: environment) == nil)
  }

  @Test func processesOfOneMachineMeetThere() throws {
    let place = try ProcessPlace(environment: [
      "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
    ])
    #expect(place?.host == "127.0.0.1")
  }

  @Test(arguments: [
    (["RANK": "x", "WORLD_SIZE": "2"], "RANK"), (["RANK": "-1", "WORLD_SIZE": "2"], "RANK"),
    (["RANK": "2", "WORLD_SIZE": "2"], "RANK"), (["RANK": "1", "WORLD_SIZE": "2"], "MASTER_ADDR"),
    (["RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "70000"], "MASTER_PORT"),
  ])
  func nonsenseIsRefused(_ environment: [String: String], _ variable: String) throws {
    let error = #expect(throws: PlaceError.self) { try ProcessPlace(environment: environment) }
    #expect(error?.location == variable && error?.exitStatus == 2)
  }
}
