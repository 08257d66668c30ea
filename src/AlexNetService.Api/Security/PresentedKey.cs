using Serilog;

namespace AlexNetService.Api.Security;

/// <summary>Looks at the key that a request carries, once, for the gate, the rate limits and the log.</summary>
internal sealed class PresentedKey(RequestDelegate next, ApiKeys keys, IDiagnosticContext log)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!keys.IsEmpty && keys.Find(context.Request.Headers[KeyGate.Header]) is { } key)
        {
            context.Features.Set(key);
            log.Set("ApiKey", key.Name);
        }

        return next(context);
    }

    /// <summary>The valid key of a request, or null.</summary>
    public static ApiKey? Of(HttpContext context) => context.Features.Get<ApiKey>();
}
