using System.Diagnostics.CodeAnalysis;
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
public class MessageConnection<TIn, TOut> : IMessageOutput<TOut>, IServedMessages, IAsyncDisposable
{
    private readonly MessageReader<TIn> _reader;
    private SendQueue<TOut>? _sendQueue;
    private int _isDisposed;

    internal MessageConnection(ConnectionContext connection, IFrameDecoder<TIn> inbound, IFrameEncoder<TOut> outbound)
    {
        ConnectionBelow = connection;
        _reader = new(connection, inbound);
        Writer = new(connection, outbound, this);
        _reader.Monitor = (inbound as IConnectionDecoder<TIn>)?.Attach(this);
    }

    /// <summary>Gets the connection below. Read and write its bytes only while no call reads or writes messages.</summary>
    /// <remarks>Getting it ends the batching of <see cref="WriteAsync"/>, so that no message waits while bytes are
    /// written.</remarks>
    public ConnectionContext Connection
    {
        get
        {
            Writer.Cork?.End();
            return ConnectionBelow;
        }
    }

    /// <summary>Gets the id of the connection, which the log has: <c>Connection.ConnectionId</c>.</summary>
    public string ConnectionId => ConnectionBelow.ConnectionId;

    /// <summary>Gets the peer's address; null if the transport has none.</summary>
    public EndPoint? RemoteEndPoint => ConnectionBelow.RemoteEndPoint;

    /// <summary>Gets this side's address; null if the transport has none.</summary>
    public EndPoint? LocalEndPoint => ConnectionBelow.LocalEndPoint;

    /// <summary>
    /// Gets the reason why the connection, or its messages, ended. In a handler, once <see cref="StopRequested"/> has fired, it
    /// is the reason of the requested end. Null while the connection is open and no end is requested.
    /// </summary>
    public CloseReason? CloseReason => ConnectionBelow.CloseReason;

    /// <summary>The connection below, for code that does not use its bytes.</summary>
    internal ConnectionContext ConnectionBelow { get; }

    internal MessageWriter<TOut> Writer { get; }

    /// <summary>Moves the connection between two messages; null if it does not move.</summary>
    internal MessageMover? Mover => _reader.Mover;

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
    public CancellationToken StopRequested => ConnectionBelow.StopRequested;

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

    /// <summary>Reads the next message, or the end: until the peer ends its side (FIN), or a stop is requested.</summary>
    /// <remarks>
    /// For dialogues, in which one message decides about the next. A loop over messages is <see
    /// cref="ReadAllAsync(CancellationToken)"/>; both may be used in turn. At a stop of the server, the method returns the
    /// messages that have arrived whole, and then the end. A borrowed message (<c>ReadOnlySequence&lt;byte&gt;</c>) is valid
    /// until the next one is read.
    /// <para>A call allocates nothing, except for the message.</para>
    /// </remarks>
    /// <param name="cancellationToken">Cancels the wait. No message is lost: the next call returns the next message.</param>
    /// <returns>The message, or the end. Its <c>Message</c> throws at the end; <c>TryGetMessage</c> does not.</returns>
    /// <inheritdoc cref="ReadAllAsync(CancellationToken)" path="/exception"/>
    public ValueTask<MessageReadResult<TIn>> ReadAsync(CancellationToken cancellationToken = default) =>
        _reader.ReadAsync(ReadUntil.StopRequested, cancellationToken);

    /// <summary>Reads the next message, or the end: until the peer ends its side (FIN), or until the given event.</summary>
    /// <inheritdoc cref="ReadAsync(CancellationToken)"/>
    /// <param name="until">The event that ends reading.</param>
    /// <param name="cancellationToken">Cancels the wait. No message is lost: the next call returns the next message.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="until"/> is not one of the named values.</exception>
    public ValueTask<MessageReadResult<TIn>> ReadAsync(ReadUntil until, CancellationToken cancellationToken = default) =>
        until is ReadUntil.StopRequested or ReadUntil.PeerEnds
            ? _reader.ReadAsync(until, cancellationToken)
            : throw new ArgumentOutOfRangeException(nameof(until), until, "until must be StopRequested or PeerEnds.");

    /// <summary>Reads a message that has arrived whole, without waiting.</summary>
    /// <remarks>Within a loop over <see cref="ReadAllAsync(CancellationToken)"/> too, to take what has arrived together: the
    /// loop continues after it. A borrowed message is valid until the next one is read.</remarks>
    /// <param name="message">The message, if the method returns true.</param>
    /// <returns>True if there was a message; false if none has arrived whole, or the peer has ended its side.</returns>
    /// <inheritdoc cref="ReadAllAsync(CancellationToken)" path="/exception"/>
    public bool TryRead([MaybeNullWhen(false)] out TIn message) => _reader.TryRead(out message);

    /// <summary>
    /// Writes a message, and waits until the transport has room for more. Safe to call concurrently: messages are written in the
    /// order of the calls.
    /// </summary>
    /// <remarks>
    /// Messages that a handler writes while further received bytes wait to be decoded are sent together, which costs a fraction:
    /// when the reader has no further message, when the handler waits for anything else, after 16 KiB, or when the first of them
    /// has waited for 100 µs and another one is written. A handler that blocks its thread between two messages delays the first
    /// one; it calls <c>FlushAsync</c> before. This applies to the connections of <c>Run</c>, of <c>MessageHandler</c> and
    /// of clients, until <see cref="Connection"/> is used.
    /// </remarks>
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
    /// Gets or sets the maximum number of messages that <see cref="TrySend"/> has accepted and that wait to be written. Default:
    /// 256. Range: 1 to 1,000,000. It is fixed by the first call of <see cref="TrySend"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    /// <exception cref="InvalidOperationException"><see cref="TrySend"/> was called before.</exception>
    public int MaxQueuedMessages
    {
        get;
        set => field = Volatile.Read(ref _sendQueue) is null
            ? OptionChecks.InRange(value, 1, 1_000_000)
            : throw new InvalidOperationException("Set MaxQueuedMessages before the first call of TrySend.");
    } = 256;

    /// <summary>
    /// Queues a message to be written in the background, and returns at once: a peer that reads slowly never holds up the sender.
    /// Safe to call concurrently.
    /// </summary>
    /// <remarks>
    /// Messages of this method are written in the order of the calls, and never within another message. They are not ordered with
    /// those of <see cref="WriteAsync"/>. Messages that are queued when the connection is disposed or its handler returns are
    /// still sent; those of a connection that breaks are lost.
    /// </remarks>
    /// <param name="message">The message, which is encoded during this call.</param>
    /// <param name="whenFull">The policy if <see cref="MaxQueuedMessages"/> messages wait already:
    /// <see cref="SlowMemberPolicy.Drop"/> (the default) drops the message, and <see cref="SlowMemberPolicy.Disconnect"/> aborts
    /// the connection with <see cref="CloseCause.Limit"/>.</param>
    /// <returns>True if the message is queued; false if the queue is full, or the connection accepts no more messages.</returns>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="ArgumentException">The policy is <see cref="SlowMemberPolicy.Wait"/>: await <see cref="WriteAsync"/>
    /// instead.</exception>
    /// <exception cref="FrameException">The message breaks the codec's rules or exceeds its maximum. Nothing is
    /// queued.</exception>
    public bool TrySend(TOut message, SlowMemberPolicy whenFull = SlowMemberPolicy.Drop)
    {
        NullMessage.ThrowIfNull(message);
        if (whenFull is SlowMemberPolicy.Wait)
            throw new ArgumentException("TrySend never waits (SlowMemberPolicy.Wait). Await WriteAsync.", nameof(whenFull));

        if (Volatile.Read(ref _isDisposed) != 0 || ConnectionBelow.EndReason is { IsOrderly: false })
            return false;
        var result = (Volatile.Read(ref _sendQueue) ?? CreateSendQueue()).TryEnqueue(message);
        if (result is not EnqueueResult.Full)
            return result is not EnqueueResult.Closed;
        MessageMetrics.OnDropped(1);
        if (whenFull is SlowMemberPolicy.Disconnect)
            ConnectionBelow.Abort(
                CloseCause.Limit, $"the peer was too slow: {MaxQueuedMessages} messages (MaxQueuedMessages) waited");

        return false;
    }

    /// <summary>
    /// Ends the messages of this side: waits for earlier writes, then sends FIN. The peer's messages can still be read
    /// (half-close). Safe to call from any thread, and more than once.
    /// </summary>
    /// <remarks>Later writes throw <see cref="IOException"/>, and the connection leaves its groups at their next message. In a
    /// handler, FIN is sent once the handler reads again or returns, and after one second at the latest.</remarks>
    /// <param name="cancellationToken">Cancels the wait for earlier writes. Then this side is still open.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default) =>
        Writer.CompleteAsync(cancellationToken);

    /// <summary>
    /// Waits for the current write, sends the remaining bytes, then FIN, and closes the connection. A running <c>ReadAllAsync</c>
    /// ends, writes that wait for other writers fail, and the connection leaves its groups. Safe to call from any thread, and
    /// more than once. If the connection has an owner (the server whose handler uses it, or a pool), only the message connection
    /// ends: the owner ends the connection when the handler completes or the connection returns to the pool.
    /// </summary>
    /// <remarks>A peer that does not read delays it; <c>Abort</c> ends the wait.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await ((IServedMessages)this).ReleaseAsync();
        // The server decides between FIN and a reset, because a handler may still throw.
        if (!ConnectionBelow.HasOwner)
            await ConnectionBelow.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Lets a message that is written in a loop over messages wait for the next one. For an owner of the connection that uses its
    /// bytes only by <see cref="Connection"/>.
    /// </summary>
    void IServedMessages.EnableBatching() =>
        _reader.Cork = Writer.Cork = new(Writer, Scheduling.GetTimeProvider(ConnectionBelow));

    void IServedMessages.EnableMoving()
    {
        if (ConnectionBelow.Move is not { } move)
            return;
        move.Wake = ConnectionBelow.Transport.Input.CancelPendingRead;
        _reader.Mover = new(
            move, ConnectionBelow,
            (moving, withdrawn) => Writer.HoldAsync(moving, Volatile.Read(ref _sendQueue)?.Frames, withdrawn));
    }

    private SendQueue<TOut> CreateSendQueue()
    {
        var queue = new SendQueue<TOut>(Writer, MaxQueuedMessages);
        return Interlocked.CompareExchange(ref _sendQueue, queue, null) ?? queue;
    }

    WriteCork? IServedMessages.Cork => Writer.Cork;

    ValueTask IServedMessages.ReleaseAsync()
    {
        _reader.End();
        var queue = Volatile.Read(ref _sendQueue)?.Frames;
        queue?.Close();
        return Writer.CloseAsync(queue);
    }
}
