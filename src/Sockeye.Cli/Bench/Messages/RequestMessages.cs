using System.Buffers;
using System.IO.Pipelines;

namespace Sockeye.Cli;

/// <summary>The requests: a template in the frames of a codec. Safe for concurrent use.</summary>
internal sealed class RequestMessages
{
    // A batch of requests that are equal is written with one copy.
    private const int BlockSize = 16 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _payload;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _frame;

    private readonly MessageTemplate _template;
    private readonly FrameCodec? _codec;
    private readonly byte[] _block = [];

    /// <param name="template">The payload.</param>
    /// <param name="codec">The codec; null: the payload is sent as it is.</param>
    public RequestMessages(MessageTemplate template, FrameCodec? codec)
    {
        (_template, _codec) = (template, codec);
        Size = Create(0, 0).Length;
        IsConstant = template.IsConstant;
        if (!IsConstant)
            return;
        var first = Create(0, 0).ToArray();
        _block = new byte[first.Length * Math.Max(1, BlockSize / Math.Max(1, first.Length))];
        for (var at = 0; at < _block.Length; at += first.Length)
            first.CopyTo(_block, at);
    }

    /// <summary>Whether all requests are equal.</summary>
    public bool IsConstant { get; }

    /// <summary>The size of the first request on the wire in bytes.</summary>
    public int Size { get; }

    /// <summary>Equal requests in a row, at least one, if all requests are equal.</summary>
    public ReadOnlySpan<byte> Block => _block;

    /// <summary>Returns one request. The bytes are valid until the next call on the same thread.</summary>
    public ReadOnlySpan<byte> Create(long counter, int connection)
    {
        var frame = Rent(ref _frame);
        Write(frame, counter, connection);
        return frame.WrittenSpan;
    }

    /// <summary>Writes requests that are all equal. Returns their size.</summary>
    public long WriteEqual(PipeWriter output, int count)
    {
        var total = (long)count * Size;
        for (var left = total; left > 0;)
        {
            var part = _block.AsSpan(0, (int)Math.Min(left, _block.Length));
            output.Write(part);
            left -= part.Length;
        }

        return total;
    }

    /// <summary>Writes one request.</summary>
    public void Write(IBufferWriter<byte> output, long counter, int connection)
    {
        if (_codec is null)
        {
            _template.Write(output, counter, connection);
            return;
        }

        var payload = Rent(ref _payload);
        _template.Write(payload, counter, connection);
        _codec.Encode(payload.WrittenMemory, output);
    }

    private static ArrayBufferWriter<byte> Rent(ref ArrayBufferWriter<byte>? writer)
    {
        writer ??= new(256);
        writer.ResetWrittenCount();
        return writer;
    }
}
