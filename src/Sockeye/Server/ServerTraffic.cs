namespace Sockeye;

/// <summary>The bytes that the connections of a server have transferred since its start.</summary>
/// <param name="BytesReceived">Bytes received from peers, whether handlers have read them or not.</param>
/// <param name="BytesSent">Bytes given to the system for peers.</param>
public readonly record struct ServerTraffic(long BytesReceived, long BytesSent);
