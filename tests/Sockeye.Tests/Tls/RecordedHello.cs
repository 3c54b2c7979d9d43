using System.Net.Security;

namespace Sockeye.Tests.Tls;

/// <summary>What a TLS client sends first, for clients that then say nothing more.</summary>
internal static class RecordedHello
{
    public static byte[] Bytes { get; } = Record();

    private static byte[] Record()
    {
        using var wire = new OneWay();
        using var ssl = new SslStream(wire);
        // The peer does not answer.
        Assert.Throws<IOException>(() => ssl.AuthenticateAsClient("localhost"));
        return wire.ToArray();
    }

    /// <summary>Takes what is written, and has nothing to read.</summary>
    private sealed class OneWay : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override int Read(Span<byte> buffer) => 0;
    }
}
