namespace AlexNetService.Api.Hosting;

/// <summary>What can be got can be asked for without its body.</summary>
internal static class HeadRequests
{
    public static RouteHandlerBuilder MapGetAndHead(this IEndpointRouteBuilder routes, string pattern, Delegate handler)
    {
        routes.MapMethods(pattern, [HttpMethods.Head], handler).ExcludeFromDescription();
        return routes.MapGet(pattern, handler);
    }
}
