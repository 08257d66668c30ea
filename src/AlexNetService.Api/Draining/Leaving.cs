using AlexNetService.Api.Hosting;
using AlexNetService.Api.Models;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Draining;

internal static class Leaving
{
    public static void AddDrain(this IServiceCollection services)
    {
        services.AddValidated<DrainOptions>(DrainOptions.Section);
        services.AddHostedService<Drain>();
        services.AddOptions<HostOptions>().Configure<IOptions<DrainOptions>>((host, drain) => host.ShutdownTimeout = drain.Value.Longest);
    }

    /// <summary>Ends each connection with its next answer while the service leaves, so that none is cut while it carries a request. RFC 9112 §9.6.</summary>
    public static void UseDrain(this WebApplication app) => app.Use(static (context, next) =>
    {
        if (context.RequestServices.GetRequiredService<ServedModels>().Draining && !HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }

        return next(context);
    });
}
