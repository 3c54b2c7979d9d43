using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace Sockeye.Cli;

/// <summary>Standard input as a pipe. Nothing is read before <see cref="Start"/>.</summary>
/// <remarks>
/// A read of a terminal can't be cancelled, so it has a thread of its own that does not keep the process alive. At most 64 KiB
/// wait in the pipe: a slow taker slows whoever writes our standard input.
/// </remarks>
internal sealed class StandardInput
{
    private const int Capacity = 64 * 1024;
    private const int ReadSize = 16 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: Capacity, resumeWriterThreshold: Capacity / 2, minimumSegmentSize: ReadSize,
        useSynchronizationContext: false));
    private readonly Stream _stream = Console.OpenStandardInput();
    private int _started;

    public PipeReader Reader => _pipe.Reader;

    /// <summary>Whether it is a file, which has an end that is sure to come.</summary>
    public bool IsFile { get; } = !OperatingSystem.IsWindows() && Console.IsInputRedirected && IsSeekable();

    /// <summary>Begins to read; later calls do nothing.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
            new Thread(Read) { IsBackground = true, Name = "standard input" }.Start();
    }

    private static bool IsSeekable()
    {
        try
        {
            return new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0).CanSeek;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false; // Closed (<&-) or a directory: reading it will say so.
        }
    }

    private void Read()
    {
        Exception? error = null;
        try
        {
            while (_stream.Read(_pipe.Writer.GetSpan(ReadSize)) is > 0 and var read)
            {
                _pipe.Writer.Advance(read);
                // The thread is there to block.
                if (_pipe.Writer.FlushAsync().AsTask().GetAwaiter().GetResult().IsCompleted)
                    return;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = new CommandException(ExitCodes.Failed, $"can't read standard input: {e.Message}", e);
        }

        _pipe.Writer.Complete(error);
    }
}
