using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Models;

/// <summary>Returns the picture of a model's first-layer filters from its package.</summary>
internal static class FiltersEndpoint
{
    public static void MapFilters(this IEndpointRouteBuilder routes) => routes.MapGetAndHead("/models/{name}/filters.png", Picture)
        .WithTags("Models")
        .WithName("GetFilters")
        .WithSummary("Get a picture of the filters of a model's first convolution")
        .WithDescription("One square for each column of the network. Grey means 0; each filter is scaled by its own largest weight.")
        .Offers(OfferedTypes.Png)
        .Produces(StatusCodes.Status304NotModified)
        .ProducesProblems(404, 503);

    private static Results<FileContentHttpResult, Problem> Picture(string name, HttpContext context, ServedModels served)
    {
        if (served.Catalog is not { } catalog)
        {
            return ModelProblems.NotReady(served);
        }

        using var lease = catalog.Enter();
        if (lease.Snapshot.Find(name) is not { } model)
        {
            return ModelProblems.Unknown(name, lease.Snapshot);
        }

        if (model.Card.Filters is not { } file)
        {
            return ModelProblems.WithoutFilters(name);
        }

        // Clients may cache the picture, but must revalidate it: another version at the same address has another picture.
        context.Response.Headers.CacheControl = CacheControlHeaderValue.NoCacheString;
        return TypedResults.Bytes(model.Package.Filters, OfferedTypes.Png, entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""));
    }
}
