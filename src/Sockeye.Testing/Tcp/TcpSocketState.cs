namespace Sockeye.Testing;

internal enum TcpSocketState
{
    SynSent,
    SynReceived,
    Established,
    Closed,
}
