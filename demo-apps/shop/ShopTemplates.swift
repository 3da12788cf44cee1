// The shop's pages.

import InspectorCore

/// Mustache templates: each page inherits from one base.
enum ShopTemplates {
    static func add(to app: App) {
        app.template("base", base)
        app.template("index", index)
        app.template("product", product)
        app.template("login", login)
        app.template("cart", cart)
        app.template("failed", failed)
        app.template("orders", orders)
        app.template("missing", missing)
        app.template("line", "<tr><td>{{count}} × {{name}}<td>{{price}} €\n")
    }

    private static let base = """
        <!doctype html>
        <title>{{$title}}Tea shop{{/title}}</title>
        <style>body { font: 16px/1.5 sans-serif; max-width: 40em; margin: 2em auto } .flash { background: #ffd; padding: .5em }</style>
        <nav><a href="{{#urlFor}}catalog.index{{/urlFor}}">Shop</a> · <a href="{{#urlFor}}cart.show{{/urlFor}}">Cart</a> ·
        {{#user}}<a href="{{#urlFor}}account.orders.list{{/urlFor}}">{{user}}</a>
        <form style="display: inline" method="post" action="{{#urlFor}}account.logout{{/urlFor}}"><button>Log out</button></form>{{/user}}
        {{^user}}<a href="{{#urlFor}}account.login{{/urlFor}}">Log in</a>{{/user}}</nav>
        {{#flashes}}<p class="flash">{{message}}</p>{{/flashes}}
        {{$body}}{{/body}}

        """

    private static let index = """
        {{<base}}{{$body}}<h1>Tea and what it needs</h1>
        <table>
        {{#products}}<tr><td><a href="{{url}}">{{name}}</a><td>{{price}} €
        <td><form method="post" action="{{add}}"><button>Into the cart</button></form>
        {{/products}}</table>{{/body}}{{/base}}
        """

    private static let product = """
        {{<base}}{{$title}}{{name}}{{/title}}{{$body}}<h1>{{name}}</h1>
        <p>{{price}} €</p>
        <form method="post" action="{{add}}"><button>Into the cart</button></form>{{/body}}{{/base}}
        """

    private static let login = """
        {{<base}}{{$title}}Log in{{/title}}{{$body}}<form method="post">
        <label>Name <input name="name" required></label> <button>Log in</button>
        </form>{{/body}}{{/base}}
        """

    private static let cart = """
        {{<base}}{{$title}}Cart{{/title}}{{$body}}<h1>Cart</h1>
        {{#isEmpty}}<p>There is nothing in it yet.</p>{{/isEmpty}}
        {{^isEmpty}}<table>
        {{#lines}}{{>line}}{{/lines}}</table>
        <p>Together {{sum}} €</p>
        <form method="post" action="{{#urlFor}}cart.checkout{{/urlFor}}">
        <select name="card"><option value="works">a card that works<option value="refused">a card that is refused
        <option value="sometimes">a service that fails at times</select>
        <button>Pay</button></form>{{/isEmpty}}{{/body}}{{/base}}
        """

    private static let failed = """
        {{<base}}{{$title}}Not paid{{/title}}{{$body}}<h1>Not paid</h1>
        <p>{{reason}}</p>
        <p>The cart is as it was: <a href="{{#urlFor}}cart.show{{/urlFor}}">try again</a>.</p>{{/body}}{{/base}}
        """

    private static let orders = """
        {{<base}}{{$title}}Orders{{/title}}{{$body}}<h1>Orders of {{user}}</h1>
        <table>
        {{#orders}}<tr><td>{{id}}<td>{{price}} €<td>{{state}}
        {{/orders}}</table>
        <p><a href="{{#urlFor}}account.orders.csv{{/urlFor}}">As CSV</a></p>
        <form method="post" enctype="multipart/form-data" action="{{#urlFor}}account.upload{{/urlFor}}">
        <input type="file" name="photo"> <button>Keep photo</button></form>{{/body}}{{/base}}
        """

    private static let missing = """
        {{<base}}{{$title}}Not here{{/title}}{{$body}}<h1>Not here</h1>
        <p>Nothing is served under this address.</p>{{/body}}{{/base}}
        """
}
