using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Hosting;

/// <summary>Serves the page at <c>/</c> and its files.</summary>
internal static class PageFiles
{
    /// <summary>
    /// Browsers keep the files and ask each time whether they have changed (304 if not): modules of two versions must not meet in a page.
    /// </summary>
    public static void UsePageFiles(this WebApplication app)
    {
        app.UseDefaultFiles();
        app.UseStaticFiles(new StaticFileOptions
        {
            OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = CacheControlHeaderValue.NoCacheString,
        });
    }
}
