#:project ../src/Sockeye/Sockeye.csproj
// Run `dotnet run samples/chat.cs` in another terminal, then stop and start it again. Ctrl+C ends this program.
using Sockeye;

var client = new SockeyeClient(options => options.Reconnect.MaxDelay = TimeSpan.FromSeconds(10));
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stop.Cancel();
};

try
{
    await foreach (var feed in client.ReconnectAsync("localhost", 7000, Codec.Lines(maxLength: 512), stop.Token))
    {
        try
        {
            await feed.WriteAsync("SUBSCRIBE MSFT", stop.Token);
            await foreach (var tick in feed.ReadAllAsync(stop.Token))
                Console.WriteLine(tick);
        }
        catch (IOException lost)
        {
            // The connection broke. The next iteration of the loop has a new one.
            Console.WriteLine(lost.Message);
        }
    }
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.WriteLine("stopped");
}
