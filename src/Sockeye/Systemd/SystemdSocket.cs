using System.Net;
using Microsoft.Win32.SafeHandles;

namespace Sockeye;

/// <summary>A descriptor that systemd has passed to this process.</summary>
public sealed class SystemdSocket
{
    internal SystemdSocket(int number, string name, SafeFileHandle handle, ListeningDescriptor? listener, string? problem) =>
        (Number, Name, Handle, Listener, Problem) = (number, name, handle, listener, problem);

    /// <summary>Gets the number of the descriptor: 3 and up.</summary>
    public int Number { get; }

    /// <summary>Gets the name: <c>FileDescriptorName=</c> of the socket unit, or <c>FDNAME</c> of the descriptor store. Default:
    /// the name of the unit, or "unknown".</summary>
    public string Name { get; }

    /// <summary>Gets the address on which it listens. Null if it is not a listening stream socket.</summary>
    public EndPoint? EndPoint => Listener?.EndPoint;

    /// <summary>Gets the reason why a server cannot listen on it, as a sentence. Null if it can.</summary>
    public string? Problem { get; }

    /// <summary>Gets whether the descriptor is closed, because no endpoint needs it.</summary>
    public bool IsClosed => Handle.IsClosed;

    /// <summary>Gets the descriptor, which belongs to <see cref="SystemdSockets"/>: do not dispose it.</summary>
    public SafeFileHandle Handle { get; }

    internal ListeningDescriptor? Listener { get; }

    /// <summary>Whether it is of <see cref="SystemdConnectionStore"/>.</summary>
    internal bool IsOfConnection => Name == SystemdConnectionStore.Name;

    /// <summary>The number of the socket of a connection. Null: it is a file with states.</summary>
    internal ulong? Cookie { get; init; }

    /// <summary>Whether an endpoint has listened on it, or a server has taken it.</summary>
    internal bool WasUsed { get; set; }

    /// <summary>Returns the number, the name and the address.</summary>
    public override string ToString() => $"descriptor {Number} ({PrintableText.Escape(Name)})"
        + (EndPoint is null ? "" : $" on {EndPoint}");
}
