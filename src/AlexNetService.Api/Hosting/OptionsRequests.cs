namespace AlexNetService.Api.Hosting;

/// <summary>OPTIONS says what an address takes, and is no error.</summary>
internal static class OptionsRequests
{
    public static void UseOptionsRequests(this WebApplication app) => app.Use(async (context, next) =>
    {
        await next(context);
        if (HttpMethods.IsOptions(context.Request.Method)
            && context.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false } response)
        {
            // Routing refuses it, and lists what it would not have refused.
            response.StatusCode = StatusCodes.Status204NoContent;
            response.Headers.Allow = $"{response.Headers.Allow}, {HttpMethods.Options}";
        }
    });
}
