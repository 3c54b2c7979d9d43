using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Diagnostics;

/// <summary>Captures on a real file system, of real sockets.</summary>
public sealed class CaptureFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sockeye-capture-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "x.pcapng");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task File_is_for_its_owner_alone()
    {
        await using var one = new WireCapture(Path);
        await using var series = new WireCapture(Path, new() { MaxFiles = 2 });

        Assert.Equal(Path, $"{one}");
        Assert.Equal(2, _folder.GetFiles().Length);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        Assert.All(
            _folder.GetFiles(), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode));
    }

    [Fact]
    public async Task File_that_is_there_is_kept_unless_it_may_be_replaced()
    {
        await File.WriteAllTextAsync(Path, "precious", TestContext.Current.CancellationToken);

        Assert.Contains("exists already", Assert.Throws<IOException>(() => new WireCapture(Path)).Message);
        Assert.Equal("precious", await File.ReadAllTextAsync(Path, TestContext.Current.CancellationToken));

        await using var capture = new WireCapture(Path, new() { Overwrite = true });
        Assert.Empty(PcapngFile.Parse(ReadShared()).Frames);
    }

    [Fact]
    public void Missing_folder_is_reported_at_once() =>
        Assert.Throws<DirectoryNotFoundException>(() => new WireCapture(System.IO.Path.Combine(Path, "y.pcapng")));

    [Fact]
    public async Task Frames_are_in_the_file_while_the_capture_goes_on()
    {
        await using var capture = new WireCapture(Path);
        await using var server = await LoopbackServer.StartAsync(ConnectionText.Echo);
        await using var client = await new SockeyeClient(options => options.UseWireCapture(capture))
            .ConnectAsync(server.EndPoints[0], TestContext.Current.CancellationToken);
        await client.SendAsync("hello");
        await client.ReadAsync(5).Within();

        // Five frames: the handshake, and data both ways. Nothing was flushed or disposed.
        await BoundedWait.Until(() => PcapngFile.Parse(ReadShared()).Frames.Count == 5, "all frames were in the file");
        Assert.Equal("hello", PcapngFile.Parse(ReadShared()).Text(outbound: true));
    }

    [Fact]
    public async Task Unix_socket_is_shown_by_addresses_that_a_comment_explains()
    {
        Assert.SkipUnless(Socket.OSSupportsUnixDomainSockets, "This system has no Unix sockets.");
        var socket = System.IO.Path.Combine(_folder.FullName, "s");
        await using (var capture = new WireCapture(Path))
        {
            await using var server = await SockeyeServer.StartAsync(
                options => options.ListenUnixSocket(socket).UseWireCapture(capture).Run(ConnectionText.Echo),
                TestContext.Current.CancellationToken);
            await using var client = await SocketTransport.Shared.ConnectAsync(
                server.EndPoints[0], TestContext.Current.CancellationToken);
            await client.SendAsync("hello");
            await client.ReadAsync(5).Within();
        }

        var file = PcapngFile.Parse(ReadShared());
        Assert.Equal("hello", file.Text(outbound: false));
        Assert.Contains($"127.0.0.1:1 stands for the Unix socket {socket}, 127.0.0.2:10001 for", file.Frames[0].Comments[0]);
    }

    [Fact]
    public async Task Named_pipe_is_written_to_as_it_is_and_survives_its_reader()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes in its file system.");
        using (var made = Process.Start("mkfifo", Path))
            await made.WaitForExitAsync(TestContext.Current.CancellationToken).Within();
        using var reader = Process.Start(
            new ProcessStartInfo("head", ["-c", "300", Path]) { RedirectStandardOutput = true })!;
        using var log = new TestLog();

        await using var capture = new WireCapture(Path, new() { LoggerFactory = log }); // waits for the reader
        await using var server = await LoopbackServer.StartAsync(ConnectionText.Echo);
        await using var client = await new SockeyeClient(options => options.UseWireCapture(capture))
            .ConnectAsync(server.EndPoints[0], TestContext.Current.CancellationToken);
        await BoundedWait.Until(() =>
        {
            client.SendAsync("hello").Wait(TestContext.Current.CancellationToken);
            return client.ReadAsync(5).Result == "hello" && !capture.IsRecording;
        }, "the reader had gone and the capture noticed");

        Assert.Contains("Broken pipe", Assert.Single(log.WithId(1752)).Message);
        await client.SendAsync("still here");
        Assert.Equal("still here", await client.ReadAsync(10).Within());
        Assert.True(File.Exists(Path));
        var read = new MemoryStream();
        await reader.StandardOutput.BaseStream.CopyToAsync(read, TestContext.Current.CancellationToken);
        Assert.Equal(300, read.Length);
        Assert.Equal<byte>([0x0A, 0x0D, 0x0D, 0x0A], read.ToArray()[..4]);
    }

    [Fact]
    public async Task Recording_allocates_nothing_for_a_message()
    {
        await using var capture = new WireCapture(Stream.Null, new() { MaxFileSize = long.MaxValue });
        var (near, far) = MemoryConnection.CreatePair();
        _ = capture.Attach(near);
        var message = new byte[100];
        var frames = 3; // the handshake

        var allocated = Allocations.Of(100, () =>
        {
            for (var i = 0; i < 10; i++)
            {
                Completed.Synchronously(near.Transport.Output.WriteAsync(message));
                Drain(far);
                Completed.Synchronously(far.Transport.Output.WriteAsync(message));
                Drain(near);
            }

            frames += 20;
            while (capture.WrittenFrames < frames)
                Thread.Yield(); // What is queued keeps memory of the pool.
        });

        // Of 2000 messages. Waking the writer allocates a little, and so may memory of the pool that goes from thread to thread.
        Assert.InRange(allocated, 0, 20_000);
    }

    private static void Drain(ConnectionContext connection)
    {
        var read = Completed.Synchronously(connection.Transport.Input.ReadAsync());
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
    }

    private byte[] ReadShared()
    {
        using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
