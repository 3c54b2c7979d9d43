#:project ../src/Sockeye/Sockeye.csproj
using Sockeye;

var lines = Codec.Lines(maxLength: 1024);

await using var server = await SockeyeServer.StartAsync(options => options.ListenLocalhost(0).Run(lines, async peer =>
{
    await foreach (var word in peer.ReadAllAsync())
        await peer.WriteAsync(word.ToUpperInvariant());
}));

await using var pool = new ConnectionPool(
    new SockeyeClient(), server.EndPoints[0], new ConnectionPoolOptions { MaxConnections = 2 });

string[] words = ["cod", "hake", "ling", "pike", "rudd", "sole", "tench", "trout"];
var answers = await Task.WhenAll(words.Select(AskAsync));
Console.WriteLine(string.Join(' ', answers));
Console.WriteLine($"{answers.Length} questions, {pool.Count} connections");

async Task<string> AskAsync(string question)
{
    await using var rented = await pool.RentAsync();
    await using var messages = rented.Connection.AsMessages(lines);
    try
    {
        await messages.WriteAsync(question);
        await foreach (var answer in messages.ReadAllAsync())
            return answer;
        throw new IOException($"No answer came: {messages.CloseReason}.");
    }
    catch
    {
        rented.Discard(); // An answer may still be on its way and must not reach the next caller.
        throw;
    }
}
