namespace Sockeye.Cli;

/// <summary>The treatment of standard input.</summary>
/// <param name="UsesCrlf">Each LF is sent as CR LF.</param>
/// <param name="KeepsOutputOpen">The end of the input sends no FIN.</param>
/// <param name="DrainsPipe">A pipe that has given something is sent to its end, however long it is silent.</param>
internal sealed record InputSettings(bool UsesCrlf = false, bool KeepsOutputOpen = false, bool DrainsPipe = false);
