using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sockeye;

/// <summary>
/// Records what connections read and write into a pcapng file, which Wireshark and tshark open. Each connection is a TCP stream
/// with its real addresses, ports, directions and times. Dispose the capture last: that writes the end of the file.
/// </summary>
/// <remarks>
/// <para>The file contains what users sent, including passwords, after TLS was removed. Only its owner can read it (mode 0600; on
/// Windows the permissions of the folder apply). Delete it when it is no longer needed.</para>
/// <para>A connection never waits for a capture, and a capture never breaks one: frames that do not fit into the queue are
/// dropped and counted, and an error (a full disk, a removed file) ends the capture with one line in the log. Safe from any
/// thread.</para>
/// <para>Source of the format: draft-ietf-opsawg-pcapng. More: docs/capture.md.</para>
/// </remarks>
public sealed partial class WireCapture : IAsyncDisposable
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly WireCaptureOptions _options;
    private readonly FrameQueue _queue;
    private readonly CaptureWriter _writer;
    private readonly CaptureOutput _output;
    private readonly CaptureInterfaces _interfaces = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, Recording> _open = [];
    private readonly Task? _starting;

    // Its only continuation, DisposeAsync, runs inline, because it is the last step of the writer.
    private readonly TaskCompletionSource _finished = new();
    private TimeProvider? _time;
    private ILoggerFactory? _loggers;
    private ILogger? _logger;
    private volatile bool _isOn = true;
    private int _started;
    private long _lastNumber;
    private long _dropped;
    private long _dropsLoggedAt;

    /// <summary>Creates a capture that records into a new file, or into an existing named pipe once it has a reader.</summary>
    /// <param name="path">The path of the file. With <see cref="WireCaptureOptions.MaxFiles"/> above 1, a number is inserted
    /// before the extension.</param>
    /// <param name="options">The limits; null: the defaults.</param>
    /// <exception cref="IOException">The file exists, or cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be created there.</exception>
    public WireCapture(string path, WireCaptureOptions? options = null)
        : this(path, options, CaptureFolder.Real)
    {
    }

    /// <summary>
    /// Creates a capture that records into a stream, such as standard output piped to <c>wireshark -k -i -</c>.
    /// </summary>
    /// <param name="stream">The stream, which is written to by one caller at a time, flushed after each batch, and disposed with
    /// the capture.</param>
    /// <param name="options">The limits; null: the defaults. <see cref="WireCaptureOptions.MaxFileSize"/> and
    /// <see cref="WireCaptureOptions.MaxAge"/> end the capture.</param>
    /// <exception cref="ArgumentException">The stream cannot be written to.</exception>
    public WireCapture(Stream stream, WireCaptureOptions? options = null)
        : this(CreateOutput(stream), (options ?? new()).Copy())
    {
    }

    internal WireCapture(string path, WireCaptureOptions? options, CaptureFolder folder)
        : this(CreateOutput(path, (options ?? new()).Copy(), folder), (options ?? new()).Copy())
    {
    }

    private WireCapture(CaptureOutput output, WireCaptureOptions options)
    {
        (_options, _output, _time, _loggers) = (options, output, options.TimeProvider, options.LoggerFactory);
        _queue = new(options.MaxQueuedBytes);
        _writer = new(_queue, output, options);
        // A file gets its start at once, so that it can be opened as soon as it exists. A stream may be slow, so the writer
        // writes its start.
        _starting = output.IsFile ? _writer.StartAsync() : null;
    }

    /// <summary>
    /// Gets whether the capture records: false once it is disposed, a limit is reached, or an error has ended it.
    /// </summary>
    public bool IsRecording => _isOn;

    /// <summary>Gets the error that ended the capture; null if there is none.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Gets the number of frames in the file, or in all files of a series.</summary>
    public long WrittenFrames => _writer.Frames;

    /// <summary>Gets the size in bytes of the file, or of all files of a series, including deleted ones.</summary>
    public long WrittenBytes => _writer.Bytes;

    /// <summary>Gets the number of frames that did not fit into the queue
    /// (<see cref="WireCaptureOptions.MaxQueuedBytes"/>).</summary>
    public long DroppedFrames => Volatile.Read(ref _dropped);

    private TimeProvider Time => _time ?? TimeProvider.System;

    private ILogger Logger =>
        _logger ??= new SafeLogger((_loggers ?? NullLoggerFactory.Instance).CreateLogger("Sockeye.Diagnostics"));

    /// <summary>Returns the path of the current file.</summary>
    public override string ToString() => _writer.Name;

    /// <summary>
    /// Records one connection from now on, until the result or the connection is disposed. For a handler: pipes that were taken
    /// from <c>connection.Transport</c> before are not recorded.
    /// </summary>
    /// <param name="connection">The connection of a server or a client.</param>
    /// <returns>An object that ends the recording of this connection when it is disposed. It need not be disposed.</returns>
    public IDisposable Attach(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        // Only the connections of servers have this feature.
        var isServer = connection.Features.Get<IConnectionLifetimeNotificationFeature>() is not null;
        if (Record(connection, CaptureInterfaces.GetName(connection, isServer), isServer) is not { } recording)
            return EmptyRecording.Instance;
        recording.EndWithConnection();
        return recording;
    }

    /// <summary>
    /// Writes the end of the file, within <see cref="WireCaptureOptions.CloseTimeout"/>. Open connections continue, and are no
    /// longer recorded.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var recording in StopRecording())
        {
            recording.OnCaptureEnding();
            recording.Detach();
        }

        _queue.Close();
        if (Interlocked.Exchange(ref _started, 1) == 0)
            _ = WriteAsync();
        await _finished.Task.WaitAsync(_options.CloseTimeout, Time).WithoutThrowing();
        if (!_finished.Task.IsCompleted)
            LogCutShort(_writer.Name, _options.CloseTimeout);
    }

    /// <summary>Sets the clock and the log, unless the options or an earlier call have set them.</summary>
    internal void SetDefaults(TimeProvider time, ILoggerFactory loggers)
    {
        Interlocked.CompareExchange(ref _time, time, null);
        Interlocked.CompareExchange(ref _loggers, loggers, null);
    }

    /// <summary>The time in nanoseconds since 1970.</summary>
    internal long Now() => (Time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;

    /// <summary>Gives a frame to the writer, or drops it. Never waits.</summary>
    internal void Add(in CapturedFrame frame)
    {
        if (_queue.TryAdd(frame))
            return;
        if (frame.Pooled is not null)
            ArrayPool<byte>.Shared.Return(frame.Pooled);
        if (!_isOn)
            return;
        frame.Connection.Interface.OnDropped();
        var dropped = Interlocked.Increment(ref _dropped);
        var loggedAt = Volatile.Read(ref _dropsLoggedAt);
        // One line per minute: more lines would add to the load.
        if ((loggedAt == 0 || frame.Time - loggedAt >= LogInterval.TotalNanoseconds)
            && Interlocked.CompareExchange(ref _dropsLoggedAt, frame.Time, loggedAt) == loggedAt)
            LogDropping(dropped, _writer.Name, _options.MaxQueuedBytes);
    }

    /// <summary>Starts to record a connection; null if the capture has ended.</summary>
    internal Recording? Record(ConnectionContext connection, string endpoint, bool isServer)
    {
        if (!_isOn)
            return null;
        var number = Interlocked.Increment(ref _lastNumber);
        var captured = _interfaces.AddConnection(connection, endpoint, isServer, number);
        var tcp = new SyntheticTcp(this, captured, number, _options.MaxBytesPerConnection ?? long.MaxValue);
        var recording = new Recording(this, connection, tcp, number);
        lock (_lock)
        {
            if (!_isOn)
                return null;
            _open.Add(number, recording);
        }

        Start(Scheduling.GetScheduler(connection));
        recording.Start(isServer);
        return recording;
    }

    internal void Remove(Recording recording)
    {
        lock (_lock)
            _open.Remove(recording.Number);
    }

    private static CaptureOutput CreateOutput(string path, WireCaptureOptions options, CaptureFolder folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return CaptureOutput.ToFile(path, options, folder);
    }

    private static CaptureOutput CreateOutput(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.CanWrite
            ? CaptureOutput.ToStream(stream)
            : throw new ArgumentException("A capture needs a stream that can be written to.", nameof(stream));
    }

    /// <summary>Stops recording. Returns the open recordings in the order in which they started.</summary>
    private Recording[] StopRecording()
    {
        lock (_lock)
        {
            _isOn = false;
            return [.. _open.Values];
        }
    }

    /// <summary>Starts the writer, once, on the scheduler.</summary>
    private void Start(PipeScheduler scheduler)
    {
        if (Volatile.Read(ref _started) == 0 && Interlocked.Exchange(ref _started, 1) == 0)
            scheduler.Schedule(_ => _ = WriteAsync(), null);
    }

    private async Task WriteAsync()
    {
        // The threads of a transport must not wait for a disk.
        await Task.Yield();
        try
        {
            LogStarted(_writer.Name);
            await (_starting ?? _writer.StartAsync());
            var isWhole = await _writer.RunAsync();
            await _output.CloseAsync();
            if (isWhole)
                LogEnded(_writer.Name, _writer.Frames, _writer.Bytes, DroppedFrames);
            else
                LogFull(_writer.Name, _writer.Frames, _writer.Bytes, DroppedFrames);
        }
        catch (Exception error)
        {
            Error = error;
            LogFailed(error, _writer.Name, error.Message);
            await _output.AbandonAsync();
        }

        End();
    }

    private void End()
    {
        _queue.Close();
        foreach (var recording in StopRecording())
            recording.Detach();
        Debug.Assert(!_isOn, "The capture has stopped recording.");
        _queue.Clear();
        _finished.SetResult();
    }

    private sealed class EmptyRecording : IDisposable
    {
        public static EmptyRecording Instance { get; } = new();

        public void Dispose()
        {
        }
    }
}
