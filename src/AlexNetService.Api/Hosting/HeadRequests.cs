namespace AlexNetService.Api.Hosting;

/// <summary>What can be got can be asked for without its body.</summary>
internal static class HeadRequests
{
    /// <summary>Two endpoints, because the OpenAPI document lists one of them; what is said about them is said about both.</summary>
    public static RouteHandlerBuilder MapGetAndHead(this IEndpointRouteBuilder routes, string pattern, Delegate handler)
    {
        var head = routes.MapMethods(pattern, [HttpMethods.Head], handler).ExcludeFromDescription();
        head.Finally(Unname);
        return new RouteHandlerBuilder([routes.MapGet(pattern, handler), head]);
    }

    // A name stands for one endpoint: that of GET.
    private static void Unname(EndpointBuilder endpoint)
    {
        foreach (var name in endpoint.Metadata.OfType<IEndpointNameMetadata>().ToArray())
        {
            endpoint.Metadata.Remove(name);
        }
    }
}
