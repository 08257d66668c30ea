using System.Reflection;
using AlexNetService.Api.Problems;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Hosting;

/// <summary>Refuses parameters that a route does not know: a misspelt one would otherwise be ignored.</summary>
internal static class KnownParameters
{
    // More edits make another word.
    private const int MaxEdits = 2;

    /// <summary>Lets the routes of a group accept only the query parameters that their handlers bind.</summary>
    public static RouteGroupBuilder RefusesUnknownParameters(this RouteGroupBuilder group)
    {
        group.WithMetadata(new ProducesResponseTypeMetadata(
            StatusCodes.Status400BadRequest, typeof(ProblemDetails), ["application/problem+json"]));
        return group.AddEndpointFilterFactory((endpoint, next) =>
        {
            string[] known = [.. endpoint.MethodInfo.GetParameters().SelectMany(QueryNames)];
            return context => context.HttpContext.Request.Query.Keys.FirstOrDefault(name => !IsKnown(name, known)) is { } unknown
                ? ValueTask.FromResult<object?>(Refuse("query parameter", unknown, known))
                : next(context);
        });
    }

    /// <param name="kind">Kind of the parameter, such as query parameter.</param>
    /// <param name="name">The unknown name.</param>
    /// <param name="known">The known names.</param>
    public static Problem Refuse(string kind, string name, IReadOnlyList<string> known)
    {
        var nearest = known.Select(each => (Name: each, Edits: Edits(name, each))).OrderBy(each => each.Edits).FirstOrDefault();
        var guess = nearest is { Name: not null, Edits: <= MaxEdits } ? $" Did you mean '{nearest.Name}'?" : "";
        return new Problem(
            StatusCodes.Status400BadRequest,
            "Unknown parameter",
            $"Unknown {kind} '{name}'.{guess} "
            + (known.Count == 0 ? $"This route takes no {kind}s." : $"This route takes {string.Join(", ", known)}."));
    }

    private static bool IsKnown(string name, string[] known) => known.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> QueryNames(ParameterInfo parameter) =>
        parameter.IsDefined(typeof(AsParametersAttribute))
            ? parameter.ParameterType.GetConstructors().SelectMany(constructor => constructor.GetParameters()).SelectMany(QueryNames)
            : parameter.GetCustomAttribute<FromQueryAttribute>() is { } query ? [query.Name ?? parameter.Name ?? ""] : [];

    /// <summary>The fewest letters to insert, remove or replace that turn one name into the other (Levenshtein 1966).</summary>
    private static int Edits(string from, string to)
    {
        var above = Enumerable.Range(0, to.Length + 1).ToArray();
        foreach (var (row, letter) in from.Index())
        {
            var current = new int[to.Length + 1];
            current[0] = row + 1;
            for (var i = 0; i < to.Length; i++)
            {
                var replaced = above[i] + (char.ToUpperInvariant(letter) == char.ToUpperInvariant(to[i]) ? 0 : 1);
                current[i + 1] = Math.Min(replaced, 1 + Math.Min(current[i], above[i + 1]));
            }

            above = current;
        }

        return above[^1];
    }
}
