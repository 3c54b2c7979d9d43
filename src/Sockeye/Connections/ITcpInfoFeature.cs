namespace Sockeye.Transports;

/// <summary>Returns the kernel's view of a connection that does not expose its <c>Socket</c>.</summary>
/// <remarks>A feature of the connection. A connection that has an <c>IConnectionSocketFeature</c> does not need it.</remarks>
public interface ITcpInfoFeature
{
    /// <summary>
    /// Returns the kernel's view of the connection. Makes one system call. Null for a connection that is not TCP, and once it is
    /// closed.
    /// </summary>
    TcpInfo? GetTcpInfo();
}
