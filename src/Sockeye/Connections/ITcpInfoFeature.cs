namespace Sockeye.Transports;

/// <summary>Asks the kernel about a connection that does not expose its <c>Socket</c>.</summary>
/// <remarks>A feature of the connection. Where a connection has an <c>IConnectionSocketFeature</c> it needs no other.</remarks>
public interface ITcpInfoFeature
{
    /// <summary>Returns what the kernel knows about the connection. Makes one system call. Null for a connection that is not TCP,
    /// and once it is closed.</summary>
    TcpInfo? GetTcpInfo();
}
