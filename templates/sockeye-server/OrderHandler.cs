using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye;

namespace SampleServer;

/// <summary>Serves all clients: answers each order of a client, in order.</summary>
public sealed class OrderHandler(ILogger<OrderHandler> logger) : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        await using var orders = connection.AsMessages(Messages.Orders);
        await foreach (var order in orders.ReadAllAsync())
        {
            logger.LogInformation("{Client} orders {Quantity} of {Symbol}", connection.RemoteEndPoint, order.Quantity, order.Symbol);
            await orders.WriteAsync(order with { Accepted = order.Quantity > 0 });
        }
    }
}
