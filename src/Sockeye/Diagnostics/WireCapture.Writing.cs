using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sockeye;

public sealed partial class WireCapture
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    // Continues its one waiter inline, which is a capture being disposed: the writer has nothing to do after it.
    private readonly TaskCompletionSource _finished = new();
    private TimeProvider? _time;
    private ILoggerFactory? _loggers;
    private ILogger? _logger;
    private long _dropsLoggedAt;
    private int _started;

    private TimeProvider Time => _time ?? TimeProvider.System;

    private ILogger Logger =>
        _logger ??= new SafeLogger((_loggers ?? NullLoggerFactory.Instance).CreateLogger("Sockeye.Diagnostics"));

    /// <summary>Uses the clock and the log of the first that asks, where the options name none.</summary>
    internal void SetDefaults(TimeProvider time, ILoggerFactory loggers)
    {
        Interlocked.CompareExchange(ref _time, time, null);
        Interlocked.CompareExchange(ref _loggers, loggers, null);
    }

    /// <summary>Nanoseconds since 1970.</summary>
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
        var told = Volatile.Read(ref _dropsLoggedAt);
        // One line a minute: what makes a disk slow is made no faster by more lines.
        if ((told == 0 || frame.Time - told >= LogInterval.TotalNanoseconds)
            && Interlocked.CompareExchange(ref _dropsLoggedAt, frame.Time, told) == told)
            LogDropping(dropped, _writer.Name, _options.MaxQueuedBytes);
    }

    /// <summary>Starts the writer, once, away from the caller.</summary>
    private void Start(PipeScheduler scheduler)
    {
        if (Volatile.Read(ref _started) == 0 && Interlocked.Exchange(ref _started, 1) == 0)
            scheduler.Schedule(_ => _ = WriteAsync(), null);
    }

    private async Task WriteAsync()
    {
        // A thread that a transport has for handlers is not one to wait for disks on.
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
        _queue.Clear();
        _finished.SetResult();
    }
}
