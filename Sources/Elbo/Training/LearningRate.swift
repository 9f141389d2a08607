import Foundation

extension RunConfiguration {
  /// The learning rate that gave the parameters of a step, after so many returns to an earlier state, each of which
  /// halves it.
  package func learningRate(of role: ParameterRole, step: Int, rollbacks: Int) -> Double {
    let options = optimiser(of: role)
    return options.learningRate * options.schedule.schedule.value(at: max(0, step - 1))
      * pow(0.5, Double(rollbacks))
  }
}
