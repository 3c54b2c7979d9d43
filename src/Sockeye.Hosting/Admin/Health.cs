using System.Text;

namespace Sockeye.Hosting;

/// <summary>Whether clients are served, for those who only ask that: a load balancer, a supervisor.</summary>
internal static class Health
{
    /// <summary>503 where clients fail already; the signs of trouble in either case, a line each.</summary>
    public static HttpResponse Answer(ServerLoad load)
    {
        var fails = load.Signs.Any(sign => sign.Level >= 1);
        var text = new StringBuilder(fails ? "clients fail\n" : "ok\n");
        foreach (var sign in load.Signs)
            text.Append(Names.Of(sign.Kind)).Append(": ").Append(sign.Description).Append('\n');
        return HttpResponse.Text(fails ? 503 : 200, text.ToString());
    }
}
