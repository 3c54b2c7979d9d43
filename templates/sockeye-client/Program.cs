// Orders what standard input contains, a line for each order: a quantity and a symbol. The end of the input ends the program.
// dotnet run                        connects to localhost:7000
// dotnet run -- example.org 7000    connects to another server
using SampleClient;
using Sockeye;

var (host, port) = args is [var name, var number] ? (name, int.Parse(number)) : ("localhost", 7000);
var client = new SockeyeClient(options => options.Reconnect.MaxDelay = TimeSpan.FromSeconds(10));
var lines = new OrderLines(Console.In);

// Each turn has a new connection. The server does not see an order twice unless its answer was lost.
await foreach (var server in client.ReconnectAsync(host, port, Messages.Orders))
{
    try
    {
        var answers = server.ReadAllAsync().GetAsyncEnumerator();
        while (lines.Current is { } order)
        {
            await server.WriteAsync(order);
            if (!await answers.MoveNextAsync())
                throw new IOException("The server ended the connection.");
            Console.WriteLine($"{order.Quantity} {order.Symbol}: {(answers.Current.Accepted ? "accepted" : "refused")}");
            lines.MoveNext();
        }

        return;
    }
    catch (IOException lost)
    {
        Console.Error.WriteLine($"{lost.Message} The order is sent again.");
    }
}
