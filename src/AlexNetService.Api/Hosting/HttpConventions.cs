using System.Text.Json.Serialization;

namespace AlexNetService.Api.Hosting;

/// <summary>Rules of HTTP and JSON that all routes share.</summary>
internal static class HttpConventions
{
    /// <summary>Writes answers in camelCase and leaves missing values out, as in a card.</summary>
    public static void AddJsonAnswers(this IServiceCollection services) => services.ConfigureHttpJsonOptions(options =>
        options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull);

    /// <summary>
    /// Maps GET and HEAD. They are two endpoints, because the OpenAPI document lists only GET; conventions apply to both.
    /// </summary>
    public static RouteHandlerBuilder MapGetAndHead(this IEndpointRouteBuilder routes, string pattern, Delegate handler)
    {
        var head = routes.MapMethods(pattern, [HttpMethods.Head], handler).ExcludeFromDescription();
        head.Finally(RemoveName);
        return new RouteHandlerBuilder([routes.MapGet(pattern, handler), head]);
    }

    /// <summary>
    /// Maps POST, and PUT for clients that send files with it, such as <c>curl -T</c>. They are two endpoints, because the OpenAPI document
    /// lists only POST; conventions apply to both.
    /// </summary>
    public static RouteHandlerBuilder MapPostAndPut(this IEndpointRouteBuilder routes, string pattern, Delegate handler)
    {
        var put = routes.MapPut(pattern, handler).ExcludeFromDescription();
        put.Finally(RemoveName);
        return new RouteHandlerBuilder([routes.MapPost(pattern, handler), put]);
    }

    /// <summary>Answers OPTIONS with the methods that an address accepts.</summary>
    public static void UseOptionsRequests(this WebApplication app) => app.Use(async (context, next) =>
    {
        await next(context);
        if (HttpMethods.IsOptions(context.Request.Method)
            && context.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false } response)
        {
            // Routing has refused the request and listed the methods that it accepts.
            response.StatusCode = StatusCodes.Status204NoContent;
            response.Headers.Allow = $"{response.Headers.Allow}, {HttpMethods.Options}";
        }
    });

    // Two endpoints must not share a name.
    private static void RemoveName(EndpointBuilder endpoint)
    {
        foreach (var name in endpoint.Metadata.OfType<IEndpointNameMetadata>().ToArray())
        {
            endpoint.Metadata.Remove(name);
        }
    }
}
