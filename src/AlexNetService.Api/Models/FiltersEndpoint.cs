using AlexNetService.Api.Hosting;
using AlexNetService.Api.Negotiation;
using AlexNetService.Api.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Models;

/// <summary>What the first layer looks for: the picture of its filters that the package brings along.</summary>
internal static class FiltersEndpoint
{
    public static void MapFilters(this IEndpointRouteBuilder routes) => routes.MapGetAndHead("/v1/models/{name}/filters.png", Picture)
        .WithTags("Models")
        .WithName("GetFilters")
        .WithSummary("The filters of a model's first convolution")
        .WithDescription("One square for each column of the network. Grey is no weight; each filter is scaled by its own largest weight.")
        .Offers(OfferedTypes.Png)
        .Produces(StatusCodes.Status304NotModified)
        .ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);

    private static async Task<Results<FileContentHttpResult, Problem>> Picture(
        string name, HttpContext context, ServedModels served, CancellationToken cancellation)
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

        try
        {
            var bytes = await File.ReadAllBytesAsync(model.Package.PathOf(file), cancellation);

            // Another version under the same address has another picture: clients may keep it, and ask whether it is still this one.
            context.Response.Headers.CacheControl = CacheControlHeaderValue.NoCacheString;
            return TypedResults.Bytes(bytes, OfferedTypes.Png, entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""));
        }
        catch (IOException)
        {
            return ModelProblems.WithoutFilters(name);
        }
    }
}
