using System.Net;
using System.Net.Sockets;

namespace Sockeye.Transports;

/// <summary>Listening sockets that exist already, as an endpoint for <c>BindAsync</c> of a transport.</summary>
/// <remarks>
/// <para>The listener accepts the clients of all of the sockets, in turn. It serves each accept queue, whatever the number of
/// engine threads. If <c>LinuxAcceptMode.ReusePort</c> is on and there are as many sockets as engine threads, each thread
/// serves one, in order.</para>
/// <para>The listener uses its own descriptors: after <c>BindAsync</c>, the caller can dispose of these. To end a listener
/// never shuts its sockets down, so that those who hold other descriptors continue to listen.</para>
/// <para>Of the options of the transport, those of accepted connections apply. <see cref="SocketTransportOptions.Backlog"/>
/// applies if it is set; otherwise the queue keeps its limit. What is fixed by <c>bind()</c> stays.</para>
/// </remarks>
public sealed class InheritedEndPoint : EndPoint
{
    /// <summary>The maximum number of sockets of one listener.</summary>
    public const int MaxDescriptors = 1024;

    /// <summary>Creates an endpoint of sockets that listen on one port or path.</summary>
    /// <param name="descriptors">The sockets, 1 to <see cref="MaxDescriptors"/>: several if each thread of a process had its own
    /// (<c>SO_REUSEPORT</c>), or one for IPv4 and one for IPv6.</param>
    /// <exception cref="ArgumentException">There are none or too many, or their ports or paths differ.</exception>
    public InheritedEndPoint(IReadOnlyList<ListeningDescriptor> descriptors)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        if (descriptors.Count is 0 or > MaxDescriptors)
        {
            throw new ArgumentException(
                $"A listener has 1 to {MaxDescriptors} sockets, not {descriptors.Count}.", nameof(descriptors));
        }

        Descriptors = [.. descriptors];
        EndPoint = descriptors[0].EndPoint;
        if (descriptors.FirstOrDefault(descriptor => !IsSameListener(EndPoint, descriptor.EndPoint)) is { } other)
        {
            throw new ArgumentException(
                $"{EndPoint} and {other.EndPoint} are not one listener: pass them to two calls of BindAsync.",
                nameof(descriptors));
        }
    }

    /// <summary>Gets the sockets.</summary>
    public IReadOnlyList<ListeningDescriptor> Descriptors { get; }

    /// <summary>Gets the address of the first socket.</summary>
    public EndPoint EndPoint { get; }

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => EndPoint.AddressFamily;

    /// <summary>Returns the address of the first socket.</summary>
    public override string ToString() => EndPoint.ToString()!;

    private static bool IsSameListener(EndPoint first, EndPoint other) =>
        first is IPEndPoint ip ? (other as IPEndPoint)?.Port == ip.Port : first.Equals(other);
}
