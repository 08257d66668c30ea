namespace AlexNetService.Api.Hosting;

/// <summary>What can be got can be asked for without its body.</summary>
internal static class HeadRequests
{
    /// <summary>Two endpoints, because the OpenAPI document lists one of them; what is said about them is said about both.</summary>
    public static RouteHandlerBuilder MapGetAndHead(this IEndpointRouteBuilder routes, string pattern, Delegate handler)
    {
        var head = routes.MapMethods(pattern, [HttpMethods.Head], handler).ExcludeFromDescription();
        return new RouteHandlerBuilder([routes.MapGet(pattern, handler), head]);
    }
}
