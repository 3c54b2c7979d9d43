namespace Sockeye.Comparison.Servers;

/// <summary>Echo over a decrypted stream.</summary>
internal static class TlsEcho
{
    public static async Task RunAsync(Stream stream)
    {
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer) is > 0 and var count)
            await stream.WriteAsync(buffer.AsMemory(0, count));
    }
}
