/**
 * What keeps the balancer from starting and is not a defect of the program: a port in use, a
 * limit too low. The command line prints its message as one line, without a stack.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}
