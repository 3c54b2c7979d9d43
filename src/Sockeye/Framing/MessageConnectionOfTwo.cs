using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// A connection that speaks messages, of another type in each direction. <c>connection.AsMessages(inbound, outbound)</c> makes
/// one.
/// </summary>
/// <remarks>
/// One reader at a time; writing is safe from any number of callers, also while reading. Whoever disposes it disposes the
/// connection under it.
/// </remarks>
/// <typeparam name="TIn">What the peer sends.</typeparam>
/// <typeparam name="TOut">What the peer gets.</typeparam>
public class MessageConnection<TIn, TOut> : IAsyncDisposable
{
    private readonly MessageReader<TIn> _reader;
    private int _isDisposed;

    internal MessageConnection(ConnectionContext connection, Codec<TIn> inbound, Codec<TOut> outbound)
    {
        Connection = connection;
        _reader = new(connection, inbound);
        Writer = new(connection, outbound);
    }

    /// <summary>The connection under it. Read and write its bytes only while nothing else reads and writes messages.</summary>
    public ConnectionContext Connection { get; }

    /// <summary>The peer's address; null where the transport has none.</summary>
    public EndPoint? RemoteEndPoint => Connection.RemoteEndPoint;

    /// <summary>This side's address; null where the transport has none.</summary>
    public EndPoint? LocalEndPoint => Connection.LocalEndPoint;

    /// <summary>Why the connection ended, or its messages did; in a handler, once <see cref="StopRequested"/> has fired, why it
    /// is to end. Null while it is open and the handler was not asked to end it.</summary>
    public CloseReason? CloseReason => Connection.CloseReason;

    internal MessageWriter<TOut> Writer { get; }

    /// <summary>
    /// For a client that connects again: reading ends in order when the connection is lost (reset, timeout, abort, or the end of
    /// the stream within a frame). A frame that breaks the codec's rules throws all the same.
    /// </summary>
    internal bool EndsOnConnectionLoss
    {
        get => _reader.EndsOnConnectionLoss;
        set => _reader.EndsOnConnectionLoss = value;
    }

    /// <summary>Fires when the server is asked to stop, as <c>Connection.StopRequested</c> does.</summary>
    public CancellationToken StopRequested => Connection.StopRequested;

    /// <summary>Reads messages until the peer ends its side (FIN), or the server is asked to stop.</summary>
    /// <remarks>
    /// When the server is asked to stop, the messages that have arrived whole are still handed out, and then it ends. A handler
    /// that has something to wait for goes on with <see cref="ReadAllAsync(ReadUntil, CancellationToken)"/>: what was there of an
    /// unfinished message is kept for that.
    /// <para>Leave the loop and call it again: it goes on with the next message. A borrowed message
    /// (<c>ReadOnlySequence&lt;byte&gt;</c>) is valid until the next one is asked for, also after the loop was left. With
    /// messages that own their bytes the input is free after the loop for another codec, or for reading bytes.</para>
    /// <para>It allocates once, and nothing for each message besides what the codec makes of it.</para>
    /// </remarks>
    /// <param name="cancellationToken">Ends the waiting. No message is lost: reading again goes on behind the last one.</param>
    /// <exception cref="FrameException">The peer broke the codec's rules or its maximum, or ended within a frame.</exception>
    /// <exception cref="ConnectionResetException">The peer reset the connection.</exception>
    /// <exception cref="ConnectionAbortedException">This process aborted the connection.</exception>
    /// <exception cref="InvalidOperationException">Somebody else is reading.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IAsyncEnumerable<TIn> ReadAllAsync(CancellationToken cancellationToken = default) =>
        _reader.ReadAllAsync(ReadUntil.StopRequested, cancellationToken);

    /// <summary>Reads messages until the peer ends its side (FIN), or until what is named here.</summary>
    /// <remarks>
    /// <inheritdoc cref="ReadAllAsync(CancellationToken)" path="/remarks"/>
    /// <para>To be told of the stop and read on: a first loop until <see cref="ReadUntil.StopRequested"/>, and, while answers are
    /// due, a second one until <see cref="ReadUntil.PeerEnds"/>.</para>
    /// </remarks>
    /// <param name="until">What ends it.</param>
    /// <param name="cancellationToken">Ends the waiting. No message is lost: reading again goes on behind the last one.</param>
    /// <inheritdoc cref="ReadAllAsync(CancellationToken)" path="/exception"/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="until"/> is not one of the named values.</exception>
    public IAsyncEnumerable<TIn> ReadAllAsync(ReadUntil until, CancellationToken cancellationToken = default) =>
        until is ReadUntil.StopRequested or ReadUntil.PeerEnds
            ? _reader.ReadAllAsync(until, cancellationToken)
            : throw new ArgumentOutOfRangeException(nameof(until), until, "Reading ends at StopRequested or PeerEnds.");

    /// <summary>
    /// Writes a message and waits until the transport has room for more. Safe from many callers, who take turns in order.
    /// </summary>
    /// <param name="message">The message. What it holds may be used again as soon as the task is over.</param>
    /// <param name="cancellationToken">
    /// Ends the waiting. While waiting for a turn nothing has been written; while waiting for room the message is on its way, is
    /// sent whole, and later writes wait behind it. So a cancelled message was sent or was not, and the stream is sound.
    /// </param>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="FrameException">
    /// The message breaks the codec's rules or its maximum. Nothing was written; the connection goes on.
    /// </exception>
    /// <exception cref="ConnectionResetException">The peer has reset the connection.</exception>
    /// <exception cref="IOException">The connection takes no more; the message tells why.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask WriteAsync(TOut message, CancellationToken cancellationToken = default)
    {
        NullMessage.ThrowIfNull(message);
        return Writer.WriteAsync(message, cancellationToken);
    }

    /// <summary>
    /// Writes messages one behind the other and sends them together: one flush at the end, and one every 64 KiB.
    /// </summary>
    /// <remarks>
    /// They keep together: other callers' messages come before or behind them. If one cannot be encoded, or the token is
    /// cancelled, those before it are sent, whole.
    /// </remarks>
    /// <param name="messages">Is gone through while other writers wait, so it must not wait for one of them.</param>
    /// <param name="cancellationToken">Ends the waiting, as with <see cref="WriteAsync"/>; no further message is taken.</param>
    /// <exception cref="ArgumentNullException">The sequence or a message in it is null.</exception>
    /// <exception cref="FrameException">A message breaks the codec's rules or its maximum.</exception>
    /// <exception cref="ConnectionResetException">The peer has reset the connection.</exception>
    /// <exception cref="IOException">The connection takes no more; the message tells why.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask WriteManyAsync(IEnumerable<TOut> messages, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return Writer.WriteManyAsync(messages, cancellationToken);
    }

    /// <summary>
    /// Waits for the write that is under way, sends what is left, then FIN, and closes. A running <c>ReadAllAsync</c> ends,
    /// writes that wait for their turn fail, and groups are left. Safe from any thread, more than once. A connection that has an
    /// owner (a server whose handler has it, a pool) is only given up: the owner decides how it ends when the handler or the loan
    /// has ended.
    /// </summary>
    /// <remarks>A peer that does not read holds it up; <c>Connection.Abort</c> ends that.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await ReleaseAsync();
        // A handler's exception comes after this: the server that sees it decides between FIN and a reset.
        if (!Connection.HasOwner)
            await Connection.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends the use of the connection, and leaves closing it to its owner. Safe more than once.</summary>
    internal ValueTask ReleaseAsync()
    {
        _reader.End();
        return Writer.CloseAsync();
    }
}
