using System.Buffers.Binary;

namespace Sockeye.Tests.Tls;

/// <summary>The network of a TLS client whose first messages go out in records of another length.</summary>
internal sealed class CutHello(Stream network, int length, bool isApart) : Stream
{
    private const int HeaderLength = 5;

    private bool _isCut;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Handshake messages of the records, in records of at most the given number of bytes.</summary>
    public static IEnumerable<byte[]> Cut(ReadOnlyMemory<byte> records, int length)
    {
        var version = records.Slice(1, 2).ToArray();
        var messages = new MemoryStream();
        for (var rest = records; !rest.IsEmpty; rest = rest[RecordLength(rest.Span)..])
            messages.Write(rest.Span[HeaderLength..RecordLength(rest.Span)]);
        return messages.ToArray().Chunk(length).Select(
            part => (byte[])[22, .. version, (byte)(part.Length >> 8), (byte)part.Length, .. part]);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isCut)
        {
            await network.WriteAsync(buffer, cancellationToken);
            return;
        }

        _isCut = true;
        var records = Cut(buffer, length).ToList();
        foreach (var part in isApart ? records : [[.. records.SelectMany(record => record)]])
            await network.WriteAsync(part, cancellationToken);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        network.ReadAsync(buffer, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => network.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override Task FlushAsync(CancellationToken cancellationToken) => network.FlushAsync(cancellationToken);

    public override void Flush() => network.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            network.Dispose();
        base.Dispose(disposing);
    }

    private static int RecordLength(ReadOnlySpan<byte> record) =>
        HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(record[3..]);
}
