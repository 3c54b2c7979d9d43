using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// A connection with a type of message for each direction. <c>connection.AsMessages(inbound, outbound)</c> creates one.
/// </summary>
/// <remarks>
/// One reader at a time. Any number of callers may write, also while another reads. Disposing it disposes the connection below
/// it, unless the connection has an owner.
/// </remarks>
/// <typeparam name="TIn">The message that the peer sends.</typeparam>
/// <typeparam name="TOut">The message that the peer receives.</typeparam>
public class MessageConnection<TIn, TOut> : IAsyncDisposable
{
    private readonly MessageReader<TIn> _reader;
    private int _isDisposed;

    internal MessageConnection(ConnectionContext connection, IFrameDecoder<TIn> inbound, IFrameEncoder<TOut> outbound)
    {
        Connection = connection;
        _reader = new(connection, inbound);
        Writer = new(connection, outbound);
    }

    /// <summary>Gets the connection below. Read and write its bytes only while no call reads or writes messages.</summary>
    public ConnectionContext Connection { get; }

    /// <summary>Gets the peer's address; null if the transport has none.</summary>
    public EndPoint? RemoteEndPoint => Connection.RemoteEndPoint;

    /// <summary>Gets this side's address; null if the transport has none.</summary>
    public EndPoint? LocalEndPoint => Connection.LocalEndPoint;

    /// <summary>
    /// Gets the reason why the connection, or its messages, ended. In a handler, once <see cref="StopRequested"/> has fired, it
    /// is the reason of the requested end. Null while the connection is open and no end is requested.
    /// </summary>
    public CloseReason? CloseReason => Connection.CloseReason;

    internal MessageWriter<TOut> Writer { get; }

    /// <summary>
    /// Whether reading ends without an exception, for a client that reconnects, when the connection is lost (reset, timeout,
    /// abort, or the end of the stream within a frame). A frame that breaks the codec's rules still throws.
    /// </summary>
    internal bool EndsOnConnectionLoss
    {
        get => _reader.EndsOnConnectionLoss;
        set => _reader.EndsOnConnectionLoss = value;
    }

    /// <summary>Gets a token that fires when a stop of the server is requested: <c>Connection.StopRequested</c>.</summary>
    public CancellationToken StopRequested => Connection.StopRequested;

    /// <summary>Reads messages until the peer ends its side (FIN), or until a stop of the server is requested.</summary>
    /// <remarks>
    /// When a stop of the server is requested, the enumeration returns the messages that have arrived whole, and then ends. A
    /// handler that waits for further messages continues with <see cref="ReadAllAsync(ReadUntil, CancellationToken)"/>, which
    /// keeps the bytes of an unfinished message.
    /// <para>You may leave the loop and call the method again: it continues with the next message. A borrowed message
    /// (<c>ReadOnlySequence&lt;byte&gt;</c>) is valid until the next one is read, also after the loop. If messages own their
    /// bytes, another codec or a reader of bytes may use the input after the loop.</para>
    /// <para>A call allocates once. A message allocates only what the codec allocates for it.</para>
    /// </remarks>
    /// <param name="cancellationToken">Cancels the wait. No message is lost: the next call continues after the last one.</param>
    /// <exception cref="FrameException">The peer broke the codec's rules, exceeded its maximum, or ended within a
    /// frame.</exception>
    /// <exception cref="ConnectionResetException">The peer reset the connection.</exception>
    /// <exception cref="ConnectionAbortedException">This process aborted the connection.</exception>
    /// <exception cref="InvalidOperationException">Another call is reading.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IAsyncEnumerable<TIn> ReadAllAsync(CancellationToken cancellationToken = default) =>
        _reader.ReadAllAsync(ReadUntil.StopRequested, cancellationToken);

    /// <summary>Reads messages until the peer ends its side (FIN), or until the given event.</summary>
    /// <remarks>
    /// <inheritdoc cref="ReadAllAsync(CancellationToken)" path="/remarks"/>
    /// <para>To notice the stop and continue to read, use a first loop until <see cref="ReadUntil.StopRequested"/> and, while
    /// responses are due, a second one until <see cref="ReadUntil.PeerEnds"/>.</para>
    /// </remarks>
    /// <param name="until">The event that ends the enumeration.</param>
    /// <param name="cancellationToken">Cancels the wait. No message is lost: the next call continues after the last one.</param>
    /// <inheritdoc cref="ReadAllAsync(CancellationToken)" path="/exception"/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="until"/> is not one of the named values.</exception>
    public IAsyncEnumerable<TIn> ReadAllAsync(ReadUntil until, CancellationToken cancellationToken = default) =>
        until is ReadUntil.StopRequested or ReadUntil.PeerEnds
            ? _reader.ReadAllAsync(until, cancellationToken)
            : throw new ArgumentOutOfRangeException(nameof(until), until, "until must be StopRequested or PeerEnds.");

    /// <summary>
    /// Writes a message, and waits until the transport has room for more. Safe to call concurrently: messages are written in the
    /// order of the calls.
    /// </summary>
    /// <param name="message">The message. You may reuse its memory when the task completes.</param>
    /// <param name="cancellationToken">
    /// Cancels the wait. If the call still waits for other writers, nothing is written. If it waits for room, the message is sent
    /// whole, and later writes wait behind it. A cancelled message is therefore sent whole or not at all.
    /// </param>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="FrameException">
    /// The message breaks the codec's rules or exceeds its maximum. Nothing is written, and the connection remains usable.
    /// </exception>
    /// <exception cref="ConnectionResetException">The peer has reset the connection.</exception>
    /// <exception cref="IOException">The connection accepts no more messages; the exception's message has the reason.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask WriteAsync(TOut message, CancellationToken cancellationToken = default)
    {
        NullMessage.ThrowIfNull(message);
        return Writer.WriteAsync(message, cancellationToken);
    }

    /// <summary>
    /// Writes several messages and flushes them together: once at the end, and once every 64 KiB.
    /// </summary>
    /// <remarks>
    /// The messages stay together: those of other callers come before or after them. If a message cannot be encoded, or the token
    /// is cancelled, the messages before it are sent whole.
    /// </remarks>
    /// <param name="messages">The messages. They are enumerated while other writers wait, so the enumeration must not wait for
    /// another writer.</param>
    /// <param name="cancellationToken">Cancels the wait, as in <see cref="WriteAsync"/>, and the enumeration.</param>
    /// <exception cref="ArgumentNullException">The sequence or a message in it is null.</exception>
    /// <exception cref="FrameException">A message breaks the codec's rules or exceeds its maximum.</exception>
    /// <exception cref="ConnectionResetException">The peer has reset the connection.</exception>
    /// <exception cref="IOException">The connection accepts no more messages; the exception's message has the reason.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask WriteManyAsync(IEnumerable<TOut> messages, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return Writer.WriteManyAsync(messages, cancellationToken);
    }

    /// <summary>
    /// Waits for the current write, sends the remaining bytes, then FIN, and closes the connection. A running <c>ReadAllAsync</c>
    /// ends, writes that wait for other writers fail, and the connection leaves its groups. Safe to call from any thread, and
    /// more than once. If the connection has an owner (the server whose handler uses it, or a pool), only the message connection
    /// ends: the owner ends the connection when the handler completes or the connection returns to the pool.
    /// </summary>
    /// <remarks>A peer that does not read delays it; <c>Connection.Abort</c> ends the wait.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await ReleaseAsync();
        // The server decides between FIN and a reset, because a handler may still throw.
        if (!Connection.HasOwner)
            await Connection.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends the messages, and leaves closing the connection to its owner. Safe to call more than once.</summary>
    internal ValueTask ReleaseAsync()
    {
        _reader.End();
        return Writer.CloseAsync();
    }
}
