using Microsoft.AspNetCore.SignalR;

namespace Sockeye.Fleet.Nodes;

/// <summary>The chat as a hub. The address of a connection names its group and its user.</summary>
internal sealed class ChatHub : Hub
{
    private const string Received = "line";
    private const string GroupKey = "group";

    public override async Task OnConnectedAsync()
    {
        if (Context.GetHttpContext()?.Request.Query["group"] is [{ Length: > 0 } group])
        {
            Context.Items[GroupKey] = group;
            await Groups.AddToGroupAsync(Context.ConnectionId, group);
        }

        await base.OnConnectedAsync();
    }

    public Task Say(ChatLine line) => Clients.Group((string)Context.Items[GroupKey]!).SendAsync(Received, line);

    public Task Address(string user, ChatLine line) => Clients.User(user).SendAsync(Received, line);
}
