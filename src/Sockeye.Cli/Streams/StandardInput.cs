using System.IO.Pipelines;

namespace Sockeye.Cli;

/// <summary>Standard input as a pipe. Nothing is read before <see cref="Start"/>.</summary>
/// <remarks>
/// A read of a terminal cannot be cancelled, so reading has a separate thread that does not keep the process alive. The pipe
/// holds at most 64 KiB: a slow consumer slows down the program that writes the standard input.
/// </remarks>
internal sealed class StandardInput
{
    private const int Capacity = 64 * 1024;
    private const int ReadSize = 16 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: Capacity, resumeWriterThreshold: Capacity / 2, minimumSegmentSize: ReadSize,
        useSynchronizationContext: false));
    private readonly StandardStream _stream = StandardStream.Input;
    private int _isStarted;

    public PipeReader Reader => _pipe.Reader;

    /// <summary>Whether standard input is a terminal, whose end the tool does not wait for.</summary>
    public bool IsTerminal { get; } = !Console.IsInputRedirected;

    /// <summary>The number of bytes read so far, whether consumed from the pipe or not; final after the end.</summary>
    public ByteCount Bytes { get; } = new();

    /// <summary>Whether more data, or the end, can be read now.</summary>
    public bool IsReady => _stream.HasInput;

    /// <summary>Starts reading; further calls do nothing.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
            new Thread(Read) { IsBackground = true, Name = "standard input" }.Start();
    }

    private void Read()
    {
        Exception? error = null;
        try
        {
            while (_stream.Read(_pipe.Writer.GetSpan(ReadSize)) is > 0 and var read)
            {
                Bytes.Add(read);
                _pipe.Writer.Advance(read);
                // This thread exists to block.
                if (_pipe.Writer.FlushAsync().AsTask().GetAwaiter().GetResult().IsCompleted)
                    return;
            }
        }
        catch (IOException e)
        {
            error = e;
        }

        Bytes.End();
        _pipe.Writer.Complete(error);
    }
}
