using System.Buffers;
using System.IO.Pipelines;

namespace Sockeye.Cli;

/// <summary>Standard output as bytes, for many writers, with a separate thread that waits for a slow reader.</summary>
/// <remarks>The pipe holds at most 64 KiB: a slow reader slows down the connections that send the data.</remarks>
internal sealed class StandardOutput
{
    private const int Capacity = 64 * 1024;

    /// <summary>
    /// The time for which a reader may read nothing, after the user requested a stop, before the rest is discarded.
    /// </summary>
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(2);

    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: Capacity, resumeWriterThreshold: Capacity / 2, useSynchronizationContext: false));
    private readonly StandardStream _stream = StandardStream.Output;
    private readonly SemaphoreSlim _writeLock = new(1);
    private readonly CancellationTokenSource _broken = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _accepted;
    private long _written;
    private bool _isStarted;
    private volatile bool _isClosing;

    private StandardOutput()
    {
    }

    /// <summary>The standard output of the process.</summary>
    public static StandardOutput Instance { get; } = new();

    /// <summary>Fires when no more can be written, because the reader has ended or writing failed.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>
    /// The reason why standard output cannot be written to; null while it can, and if its reader has ended, which is not a
    /// failure.
    /// </summary>
    public string? Failure { get; private set; }

    /// <summary>
    /// The data that was not written, as a sentence without a full stop; null if everything was written, or the rest is not
    /// needed.
    /// </summary>
    public string? Shortfall
    {
        get
        {
            var left = Interlocked.Read(ref _accepted) - Interlocked.Read(ref _written);
            return Failure ?? (left == 0 || _broken.IsCancellationRequested ? null
                : $"{QuantityText.FormatCount(left, "byte")} of received data did not reach {_stream.Name}: its "
                    + "reader reads nothing");
        }
    }

    /// <summary>
    /// Queues everything before data of other writers, and waits until there is room for more. Returns false if no more can be
    /// written.
    /// </summary>
    public async ValueTask<bool> WriteAsync(ReadOnlySequence<byte> bytes)
    {
        await _writeLock.WaitAsync();
        try
        {
            if (_broken.IsCancellationRequested || _isClosing)
                return false;
            if (!_isStarted)
                new Thread(WriteOut) { IsBackground = true, Name = _stream.Name }.Start();
            _isStarted = true;
            Interlocked.Add(ref _accepted, bytes.Length);
            foreach (var block in bytes)
                _pipe.Writer.Write(block.Span);
            return !(await _pipe.Writer.FlushAsync()).IsCompleted;
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <summary>Writes text at once, on the caller's thread; text after a failure is dropped.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (!_broken.IsCancellationRequested)
                _stream.Write(bytes);
        }
        catch (IOException e)
        {
            Break(e);
        }
    }

    /// <summary>Writes the rest, even if the reader is slow.</summary>
    public async Task CompleteAsync()
    {
        await _writeLock.WaitAsync();
        await _pipe.Writer.CompleteAsync();
        _writeLock.Release();
        if (_isStarted)
            await _finished.Task;
    }

    /// <summary>Does the same after the user requested a stop, but does not wait for a reader that reads nothing.</summary>
    public async Task CompleteWithTimeoutAsync()
    {
        _isClosing = true;
        _pipe.Writer.CancelPendingFlush();
        var completing = CompleteAsync();
        for (var before = -1L; !completing.IsCompleted && before != Interlocked.Read(ref _written);)
        {
            before = Interlocked.Read(ref _written);
            await completing.WaitAsync(StallTimeout, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void WriteOut()
    {
        try
        {
            while (true)
            {
                // This thread exists to block.
                var read = _pipe.Reader.ReadAsync().AsTask().GetAwaiter().GetResult();
                foreach (var block in read.Buffer)
                {
                    _stream.Write(block.Span);
                    Interlocked.Add(ref _written, block.Length);
                }

                _pipe.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }
        }
        catch (IOException e)
        {
            Break(e);
        }

        _pipe.Reader.Complete();
        _finished.SetResult();
    }

    private void Break(IOException error)
    {
        if (error is not StandardStreamException { IsReaderGone: true })
            Failure = error.Message;
        _broken.Cancel();
    }
}
