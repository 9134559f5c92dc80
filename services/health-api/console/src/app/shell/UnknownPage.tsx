import { Link } from "../routing/Link";
import { LIST_PATH } from "../routing/routes";

export function UnknownPage() {
  return (
    <div className="page">
      <h1>No such page</h1>
      <p>
        Nothing is shown under this address. <Link href={LIST_PATH}>Back to the connections</Link>
      </p>
    </div>
  );
}
