using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>A message between the process that serves and the one that takes over.</summary>
/// <remarks>
/// <code>
///  successor                                   predecessor
///    Hello(version, pid)        ──────────────▶
///                               ◀──────────────  Hello(version, pid)
///    Ask                        ──────────────▶
///                               ◀──────────────  Listeners(…) …          it continues to accept
///    Accepting                  ──────────────▶  both accept
///                               ◀──────────────  Stopped                 only the successor accepts
///                               ◀──────────────  Offer(batch)            neither serves these connections
///    Ready(batch, refused)      ──────────────▶  refused ones return to the predecessor
///                               ◀──────────────  Commit(batch)           they are the successor's
///    Serving(batch)             ──────────────▶  and it serves them
///                               ◀──────────────  Done
///    Complete                   ──────────────▶  closes the channel, drains and ends
///
///  Refusal(sentence)            ◀─────────────▶  instead of any message: the predecessor continues
/// </code>
/// A channel that ends without a refusal means that the process at its other end has ended: the one that is left serves.
/// </remarks>
internal abstract record TakeoverMessage : IDisposable
{
    /// <summary>The descriptors that travel with the message. A received message owns them until they are attached.</summary>
    public virtual IReadOnlyList<SafeHandle> Handles => [];

    /// <summary>Closes the descriptors of a received message.</summary>
    public void Dispose()
    {
        foreach (var handle in Handles)
            handle.Dispose();
    }

    /// <summary>The first message in each direction.</summary>
    /// <param name="Version">The version of the protocol: <see cref="TakeoverFormat.Version"/>.</param>
    /// <param name="ProcessId">The id of the sender.</param>
    public sealed record Hello(byte Version, int ProcessId) : TakeoverMessage;

    /// <summary>The successor has done everything that can fail, and asks for the listeners.</summary>
    public sealed record Ask : TakeoverMessage;

    /// <summary>Some of the listeners.</summary>
    /// <param name="Items">At most <see cref="TakeoverFormat.MaxHandles"/>.</param>
    /// <param name="IsLast">Whether no more listeners follow.</param>
    public sealed record Listeners(IReadOnlyList<HandedListener> Items, bool IsLast) : TakeoverMessage
    {
        public override IReadOnlyList<SafeHandle> Handles { get; } = [.. Items.Select(item => item.Handle)];
    }

    /// <summary>The successor accepts on all listeners.</summary>
    public sealed record Accepting : TakeoverMessage;

    /// <summary>The predecessor accepts no more.</summary>
    public sealed record Stopped : TakeoverMessage;

    /// <summary>Connections that the successor may prepare to serve. Until the commit, they are the predecessor's.</summary>
    /// <param name="Batch">The number of the batch, from 1.</param>
    /// <param name="Items">At most <see cref="TakeoverFormat.MaxHandles"/>.</param>
    public sealed record Offer(int Batch, IReadOnlyList<OfferedConnection> Items) : TakeoverMessage
    {
        public override IReadOnlyList<SafeHandle> Handles { get; } = [.. Items.Select(item => item.Handle)];
    }

    /// <summary>The successor can serve the batch, except for some of its connections.</summary>
    public sealed record Ready(int Batch, IReadOnlyList<RefusedConnection> Refused) : TakeoverMessage;

    /// <summary>From now on, the connections of the batch are the successor's.</summary>
    public sealed record Commit(int Batch) : TakeoverMessage;

    /// <summary>The successor starts to serve the batch. It sends this first: if the predecessor sees the channel end without it,
    /// no connection of the batch was served, and all return.</summary>
    public sealed record Serving(int Batch) : TakeoverMessage;

    /// <summary>No more connections move.</summary>
    public sealed record Done : TakeoverMessage;

    /// <summary>The successor serves alone, and the predecessor may end.</summary>
    public sealed record Complete : TakeoverMessage;

    /// <summary>The sender gives up the takeover, and the predecessor continues.</summary>
    /// <param name="Reason">A sentence with its full stop.</param>
    public sealed record Refusal(string Reason) : TakeoverMessage;
}

/// <summary>A listening socket on its way to another process.</summary>
/// <param name="Name">The endpoint as it was configured, which matches endpoints with port 0.</param>
/// <param name="Group">The number of the listener: a listener can have a socket for each engine thread.</param>
/// <param name="Role">The use of the socket.</param>
/// <param name="OwnsFile">Whether the listener deletes the file of its Unix socket at its end.</param>
/// <param name="Handle">The descriptor.</param>
internal sealed record HandedListener(string Name, int Group, HandedListenerRole Role, bool OwnsFile, SafeHandle Handle);

internal enum HandedListenerRole : byte
{
    /// <summary>It accepts clients.</summary>
    Clients,

    /// <summary>It accepts the next process that takes over.</summary>
    Takeover,
}

/// <summary>An open connection on its way to another process.</summary>
/// <param name="State">The serialized state. Range: 0 to <see cref="TakeoverFormat.MaxStateLength"/> bytes.</param>
/// <param name="StoodStill">The time between the last byte that the predecessor served and the offer.</param>
/// <param name="Handle">The descriptor.</param>
internal sealed record OfferedConnection(ReadOnlyMemory<byte> State, TimeSpan StoodStill, SafeHandle Handle);

/// <summary>A connection that the successor does not take.</summary>
/// <param name="Index">The position in the offer.</param>
/// <param name="Reason">The reason, without a full stop.</param>
internal sealed record RefusedConnection(int Index, string Reason);
