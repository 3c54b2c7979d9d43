namespace Sockeye.Cli;

/// <summary>One call of a socket function, for the page.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Time">Seconds since the start of the page.</param>
/// <param name="Side">"client" or "server".</param>
/// <param name="Function">The function.</param>
/// <param name="Socket">The number of the socket in the process.</param>
/// <param name="Port">The port of the client; null for the listening socket.</param>
/// <param name="Bytes">The bytes sent or received; null for other functions.</param>
/// <param name="Note">The effect on the wire; null if there is none.</param>
internal sealed record PageCall(
    long Number, double Time, string Side, string Function, long Socket, int? Port, long? Bytes, string? Note);
