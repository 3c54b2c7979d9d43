using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>
/// Records what connections read and write into a file of the format pcapng, which Wireshark and tshark open: each connection is
/// a TCP stream with its real addresses, ports, directions and times. Dispose it last: that writes the end of the file.
/// </summary>
/// <remarks>
/// <para>The file holds what users sent, passwords and all, after TLS was removed. It is made readable for its owner alone (mode
/// 0600; on Windows the folder's rights hold). Delete it when it is no longer needed.</para>
/// <para>A connection never waits for a capture, and never breaks by one: frames that find no room are dropped and counted, and
/// an error (a full disk, a file that was removed) ends the capture with one line in the log. Safe from any thread.</para>
/// <para>Source of the format: draft-ietf-opsawg-pcapng. More: docs/capture.md.</para>
/// </remarks>
public sealed partial class WireCapture : IAsyncDisposable
{
    private readonly WireCaptureOptions _options;
    private readonly FrameQueue _queue;
    private readonly CaptureWriter _writer;
    private readonly CaptureOutput _output;
    private readonly CaptureInterfaces _interfaces = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, Recording> _open = [];
    private readonly Task? _starting;
    private volatile bool _isOn = true;
    private long _lastNumber;
    private long _dropped;

    /// <summary>Records into a new file, or into a named pipe that is there; then it waits until somebody reads.</summary>
    /// <param name="path">Its name. With <see cref="WireCaptureOptions.MaxFiles"/> above 1 a number is put before the
    /// extension.</param>
    /// <param name="options">Limits; the defaults where null.</param>
    /// <exception cref="IOException">There is a file of that name, or it cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be made there.</exception>
    public WireCapture(string path, WireCaptureOptions? options = null)
        : this(path, options, CaptureFolder.Real)
    {
    }

    /// <summary>Records into a stream, for instance standard output on its way to <c>wireshark -k -i -</c>.</summary>
    /// <param name="stream">Written to by one caller at a time, flushed after each batch, and disposed with the capture.</param>
    /// <param name="options">Limits; the defaults where null. <see cref="WireCaptureOptions.MaxFileSize"/> and
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
        // There is something to open as soon as the file is there. A stream may be slow: it has to wait for the writer.
        _starting = output.IsFile ? _writer.StartAsync() : null;
    }

    /// <summary>Whether frames are taken: false once it was disposed, a limit was reached, or an error ended it.</summary>
    public bool IsRecording => _isOn;

    /// <summary>What ended the capture before its time; null while all is well.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Frames in the file, or in all files of a series.</summary>
    public long WrittenFrames => _writer.Frames;

    /// <summary>Bytes of the file, or of all files of a series: those that were deleted count.</summary>
    public long WrittenBytes => _writer.Bytes;

    /// <summary>Frames that found no room (<see cref="WireCaptureOptions.MaxQueuedBytes"/>).</summary>
    public long DroppedFrames => Volatile.Read(ref _dropped);

    /// <summary>The file that is written to.</summary>
    public override string ToString() => _writer.Name;

    /// <summary>
    /// Records one connection from here on, until the result or the connection is disposed. For a handler; pipes that were taken
    /// from <c>connection.Transport</c> before are not recorded.
    /// </summary>
    /// <param name="connection">A server's or a client's.</param>
    /// <returns>Ends the recording of this connection. Does nothing else, and needs not be disposed.</returns>
    public IDisposable Attach(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        // Servers tell their connections of a stop, clients do not.
        var isServer = connection.Features.Get<IConnectionLifetimeNotificationFeature>() is not null;
        if (Record(connection, CaptureInterfaces.GetName(connection, isServer), isServer) is not { } recording)
            return EmptyRecording.Instance;
        recording.EndWithConnection();
        return recording;
    }

    /// <summary>
    /// Writes the end of the file, within <see cref="WireCaptureOptions.CloseTimeout"/>. Connections that are open go on, and are
    /// no longer recorded.
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

    /// <summary>Begins to record a connection; null where the capture has ended.</summary>
    internal Recording? Record(ConnectionContext connection, string place, bool isServer)
    {
        if (!_isOn)
            return null;
        var number = Interlocked.Increment(ref _lastNumber);
        var captured = _interfaces.AddConnection(connection, place, isServer, number);
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

    /// <summary>From now on nothing is recorded. Gives what was, in the order it began.</summary>
    private Recording[] StopRecording()
    {
        lock (_lock)
        {
            _isOn = false;
            return [.. _open.Values];
        }
    }

    private sealed class EmptyRecording : IDisposable
    {
        public static EmptyRecording Instance { get; } = new();

        public void Dispose()
        {
        }
    }
}
