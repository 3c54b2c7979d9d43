namespace Sockeye;

/// <summary>An end of a pipe on top of that of a connection, which passes each byte on at once and holds none.</summary>
internal interface ITransparentPipe;
