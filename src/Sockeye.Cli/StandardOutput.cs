using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Sockeye.Cli;

/// <summary>Standard output as bytes, for many writers. Notices when nobody reads it any more, as after
/// <c>| head -1</c>.</summary>
internal sealed class StandardOutput
{
    private readonly Stream _stream = Open();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _broken = new();

    /// <summary>Fires when the reader of the pipe has gone.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>Writes all of it before anybody else writes. False: nobody reads any more.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlySequence<byte> bytes)
    {
        // One writer blocks at a time, and so does one thread, however many connections wait for a slow reader.
        await _turn.WaitAsync();
        try
        {
            if (_broken.IsCancellationRequested)
                return false;
            foreach (var block in bytes)
                await _stream.WriteAsync(block);
            await _stream.FlushAsync();
            return true;
        }
        catch (IOException)
        {
            await _broken.CancelAsync();
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <remarks>
    /// The console's own stream hides a broken pipe, so a pipe gets a stream that tells. A file does not: there the console's
    /// stream shares its position with standard error, as in <c>&gt; log 2&gt;&amp;1</c>.
    /// </remarks>
    private static Stream Open()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return Console.OpenStandardOutput();
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }
}
