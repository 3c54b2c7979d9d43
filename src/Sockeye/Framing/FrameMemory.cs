using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>
/// The memory of an output that frames are written to. The output gets the count of written bytes once for all frames that are
/// sent together, because each of its calls takes a lock.
/// </summary>
/// <remarks>One caller at a time. The output has no other writer until <see cref="Commit"/>.</remarks>
internal sealed class FrameMemory(PipeWriter output) : IBufferWriter<byte>
{
    private Memory<byte> _memory;
    private int _written;

    /// <summary>The number of bytes that wait to be flushed. The output must count its own.</summary>
    public long UnflushedBytes => output.UnflushedBytes + _written;

    /// <inheritdoc />
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _memory[_written..];
    }

    /// <inheritdoc />
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _memory.Span[_written..];
    }

    /// <inheritdoc />
    public void Advance(int count)
    {
        if ((uint)count > (uint)(_memory.Length - _written))
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), count,
                $"Advance by at most the {_memory.Length - _written} bytes that GetMemory or GetSpan returned.");
        }

        _written += count;
    }

    /// <summary>Hands the written bytes to the output, and leaves its memory.</summary>
    public void Commit()
    {
        var written = _written;
        (_memory, _written) = (default, 0);
        if (written > 0)
            output.Advance(written);
    }

    private void Reserve(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (_memory.Length - _written >= Math.Max(sizeHint, 1))
            return;
        Commit();
        _memory = output.GetMemory(sizeHint);
        Debug.Assert(_memory.Length >= Math.Max(sizeHint, 1), "The output provides the memory that was asked for.");
    }
}
