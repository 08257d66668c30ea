using System.ComponentModel.DataAnnotations;
using AlexNetService.Api.Explain;
using AlexNetService.Api.OpenInference;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Security;

/// <summary>Lets pages of other origins call the service (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).</summary>
internal static class CrossOrigin
{
    // Browsers keep the answer to a preflight for this long; Chromium for two hours at most.
    private static readonly TimeSpan PreflightAge = TimeSpan.FromHours(1);

    /// <summary>Headers of answers that scripts may read. Browsers hide all but a few others.</summary>
    private static readonly string[] Readable =
    [
        RequestId.Header, HeaderNames.RetryAfter, HeaderNames.WWWAuthenticate, HeaderNames.ETag, HeaderNames.Allow,
        InferEndpoint.JsonLength,
        .. ExplainHeaders.All.Headers.Keys,
    ];

    public static void AddCrossOrigin(this IServiceCollection services)
    {
        services.AddValidated<CrossOriginOptions>(CrossOriginOptions.Section);
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<CrossOriginOptions>((cors, options) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(options.Allowed)
            .WithMethods(HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put)
            .AllowAnyHeader()
            .WithExposedHeaders(Readable)
            .SetPreflightMaxAge(PreflightAge)));
    }

    /// <summary>
    /// Must follow routing and precede the keys: a preflight has no key, and a page must be able to read a refusal. Cookies and passwords
    /// of the browser are never used, so they are not allowed.
    /// </summary>
    public static void UseCrossOrigin(this WebApplication app)
    {
        if (app.Services.GetRequiredService<CrossOriginOptions>().Allowed.Length > 0)
        {
            app.UseCors();
        }
    }
}

/// <summary>Pages that may call the service from a browser.</summary>
internal sealed class CrossOriginOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Cors";

    private const string Any = "*";

    /// <summary>
    /// Origins of pages that may call the service and read its answers, separated by commas, as in
    /// <c>https://shop.example, http://localhost:3000</c>; <c>*</c> is every origin. Default none: only the service's own page.
    /// </summary>
    public string Origins { get; set; } = "";

    /// <summary>The origins.</summary>
    public string[] Allowed => Origins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Allowed
        .Where(origin => origin == Any ? Allowed.Length > 1 : !IsOrigin(origin))
        .Select(origin => new ValidationResult(
            $"Cors:Origins contains '{origin}'. Use origins such as https://shop.example, without a path, separated by commas; "
            + "or only *."));

    // An origin is compared as text, so it must be written as browsers send it: without a path, a slash at the end or the default port.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri.UserInfo.Length == 0
        && uri.GetLeftPart(UriPartial.Authority) == text;
}
