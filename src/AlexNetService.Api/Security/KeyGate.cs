using AlexNetService.Api.Problems;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Security;

/// <summary>
/// Lets a request through to its route. The page, Swagger UI and the OpenAPI document are files that everyone may read; routes need a
/// key where there are keys, except those that are marked as open.
/// </summary>
internal sealed class KeyGate(RequestDelegate next, ApiKeys keys, IOptions<SecurityOptions> options)
{
    public const string Header = "X-Api-Key";

    public Task InvokeAsync(HttpContext context)
    {
        var refusal = context.GetEndpoint() is { } endpoint ? Refuse(context, endpoint.Metadata) : null;
        return refusal is null ? next(context) : refusal.ExecuteAsync(context);
    }

    private Problem? Refuse(HttpContext context, EndpointMetadataCollection marks)
    {
        var admin = marks.GetMetadata<AdminRouteMetadata>() is not null;
        if (keys.IsEmpty)
        {
            return admin && !LocalCaller.Is(context)
                ? AccessProblems.AdminNeedsKeys
                : null;
        }

        var open = marks.GetMetadata<OpenRouteMetadata>() is not null
            || (options.Value.OpenMetrics && marks.GetMetadata<MetricsRouteMetadata>() is not null);
        if (open && !admin)
        {
            return null;
        }

        if (PresentedKey.Of(context) is not { } key)
        {
            context.Response.Headers.WWWAuthenticate = $"ApiKey header=\"{Header}\"";
            return context.Request.Headers.ContainsKey(Header) ? AccessProblems.UnknownKey : AccessProblems.NoKey;
        }

        return admin && !key.Admin ? AccessProblems.NotAdmin : null;
    }
}
