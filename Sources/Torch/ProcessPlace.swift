#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Which of several processes that train together this one is, and where they meet, as what started them says in
/// the environment: torchrun, Slurm's srun, or an MPI's mpirun.
public struct ProcessPlace: Sendable, Hashable {
  /// This process's number, from 0.
  public var rank: Int
  /// The number of processes.
  public var size: Int
  /// This process's number among those of its machine.
  public var localRank: Int
  /// Where the store is by which they find each other.
  public var host: String
  /// The store's port.
  public var port: Int
  /// Whether process 0 serves the store; torchrun may serve it itself.
  public var servesStore = true
  /// How often the processes were started anew.
  public var restart = 0

  /// The place that an environment describes; nil where the process is alone.
  ///
  /// - Throws: `PlaceError` for variables that make no sense.
  public init?(environment: [String: String]) throws(PlaceError) {
    func number(_ names: String...) throws(PlaceError) -> Int? {
      for name in names {
        guard let text = environment[name] else { continue }
        guard let value = Int(text), value >= 0 else { throw PlaceError("'\(text)' is no number", at: name) }
        return value
      }
      return nil
    }
    // Who is who: torchrun's names; a step of Slurm, not its batch script; Open MPI; MPICH and Intel MPI.
    let launchers = [
      ("RANK", "WORLD_SIZE", "LOCAL_RANK"), ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"),
      ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
      ("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"),
    ]
    for (rankName, sizeName, localName) in launchers {
      guard let rank = try number(rankName), let size = try number(sizeName) else { continue }
      guard size > 1 else { return nil }
      guard rank < size else { throw PlaceError("\(rank) is not below \(sizeName)=\(size)", at: rankName) }
      self.rank = rank
      self.size = size
      let local = try number(localName)
      localRank = local ?? rank
      let sizeHere = try number("LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS")
      guard let host = environment["MASTER_ADDR"] ?? (sizeHere == size ? "127.0.0.1" : nil) else {
        throw PlaceError(
          "is not set, and \(size) processes have to meet", at: "MASTER_ADDR",
          remedy: "set it, on all machines, to the name of process 0's machine")
      }
      self.host = host
      let named = try number("MASTER_PORT")
      let port = named ?? 29500
      guard (1...65535).contains(port) else { throw PlaceError("\(port) is no port", at: "MASTER_PORT") }
      self.port = port
      servesStore = environment["TORCHELASTIC_USE_AGENT_STORE"] != "True"
      let restarts = try number("TORCHELASTIC_RESTART_COUNT")
      restart = restarts ?? 0
      return
    }
    return nil
  }
}

/// Variables of the environment that do not say where a process belongs.
public struct PlaceError: DiagnosedError {
  /// What is wrong.
  public let problem: String
  /// The variable.
  public let location: String
  /// What to do about it.
  public let remedy: String
  /// The process status that fits.
  public var exitStatus: Int32 { 2 }

  init(
    _ problem: String, at variable: String,
    remedy: String = "start the processes with torchrun, srun or mpirun"
  ) {
    self.problem = problem
    location = variable
    self.remedy = remedy
  }
}
