namespace AlexNetService.Api.Security;

/// <summary>Headers that restrict what browsers do with an answer.</summary>
internal static class SecurityHeaders
{
    // The page loads only its own scripts, styles and data, and sends forms only here; pictures may also come from memory (blob, data).
    private const string Page =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private const string PermissionsPolicy = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

    // Swagger UI's script adds a style sheet to the document.
    private static readonly string SwaggerUi =
        Page.Replace("style-src 'self'", "style-src 'self' 'unsafe-inline'", StringComparison.Ordinal);

    /// <summary>Sets the headers when the answer starts, because an error clears those that were set before.</summary>
    public static void UseSecurityHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy =
                context.Request.Path.StartsWithSegments("/swagger", StringComparison.Ordinal) ? SwaggerUi : Page;
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Permissions-Policy"] = PermissionsPolicy;
            return Task.CompletedTask;
        });
        return next(context);
    });
}
