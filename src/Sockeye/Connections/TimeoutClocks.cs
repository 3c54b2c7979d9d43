namespace Sockeye;

/// <summary>The clocks of a connection that continues: its timeouts do not start again.</summary>
/// <param name="Age">The time since it was accepted.</param>
/// <param name="Idle">The time since a byte was transferred.</param>
/// <param name="ReceiveIdle">The time since a byte was received.</param>
/// <param name="SendIdle">The time since a byte was sent.</param>
/// <param name="BytesReceived">The bytes that it has received.</param>
/// <param name="BytesSent">The bytes that it has sent.</param>
internal sealed record TimeoutClocks(
    TimeSpan Age, TimeSpan Idle, TimeSpan ReceiveIdle, TimeSpan SendIdle, long BytesReceived, long BytesSent);
